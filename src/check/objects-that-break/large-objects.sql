-- Large objects: how many, how much room, and how many of them this role may not read (pg_largeobject_aclcheck_snapshot, aclchk.c).
SELECT (SELECT count(*) FROM pg_catalog.pg_largeobject_metadata)::float8             AS count,
       pg_catalog.pg_relation_size('pg_catalog.pg_largeobject'::regclass)::float8    AS bytes,
       count(*)::float8                                                              AS unreadable,
       (SELECT count(*)
          FROM pg_catalog.pg_trigger t
          JOIN pg_catalog.pg_proc p ON p.oid = t.tgfoid
         WHERE p.proname = 'lo_manage')::float8                                      AS managed
  FROM pg_catalog.pg_largeobject_metadata m
 WHERE NOT pg_catalog.current_setting('lo_compat_privileges')::bool
   AND NOT (SELECT r.rolsuper FROM pg_catalog.pg_roles r WHERE r.rolname = current_user)
   AND NOT EXISTS (SELECT
                     FROM aclexplode(COALESCE(m.lomacl, acldefault('L', m.lomowner))) a
                    WHERE a.privilege_type = 'SELECT'
                      AND (a.grantee = 0 OR pg_catalog.pg_has_role(a.grantee, 'USAGE')))
