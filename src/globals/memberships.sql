-- Who is in which role. What predefined roles are in one another is PostgreSQL's own.
SELECT r.rolname::text        AS role,
       m.rolname::text        AS member,
       g.rolname::text        AS grantor,
       a.admin_option         AS admin,
       a.inherit_option       AS inherit,
       a.set_option           AS set
  FROM pg_catalog.pg_auth_members a
  JOIN pg_catalog.pg_roles r ON r.oid = a.roleid
  JOIN pg_catalog.pg_roles m ON m.oid = a.member
  LEFT JOIN pg_catalog.pg_roles g ON g.oid = a.grantor
 WHERE NOT (r.rolname ~ '^pg_' AND m.rolname ~ '^pg_')
 ORDER BY r.rolname, m.rolname, g.rolname
