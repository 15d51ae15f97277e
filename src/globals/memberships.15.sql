-- PostgreSQL 15 and older: whether a member inherits is the member's own attribute, and every member may SET ROLE. Who
-- granted is not kept carefully there, and decides nothing (as in pg_dumpall.c, dumpRoleMembership).
SELECT r.rolname::text        AS role,
       m.rolname::text        AS member,
       NULL                   AS grantor,
       a.admin_option         AS admin,
       m.rolinherit           AS inherit,
       true                   AS set
  FROM pg_catalog.pg_auth_members a
  JOIN pg_catalog.pg_roles r ON r.oid = a.roleid
  JOIN pg_catalog.pg_roles m ON m.oid = a.member
 WHERE NOT (r.rolname ~ '^pg_' AND m.rolname ~ '^pg_')
 ORDER BY r.rolname, m.rolname
