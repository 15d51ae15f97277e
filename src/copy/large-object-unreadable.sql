-- Large objects of the range $1..$2 that this role may not read, as pg_largeobject_aclcheck_snapshot (aclchk.c) sees it.
SELECT m.oid::int8 AS oid
  FROM pg_catalog.pg_largeobject_metadata m
 WHERE m.oid BETWEEN $1::oid AND $2::oid
   AND NOT pg_catalog.current_setting('lo_compat_privileges')::bool
   AND NOT (SELECT r.rolsuper FROM pg_catalog.pg_roles r WHERE r.rolname = current_user)
   AND NOT EXISTS (SELECT
                     FROM aclexplode(COALESCE(m.lomacl, acldefault('L', m.lomowner))) a
                    WHERE a.privilege_type = 'SELECT'
                      AND (a.grantee = 0 OR pg_catalog.pg_has_role(a.grantee, 'USAGE')))
 ORDER BY m.oid
