-- Functions and procedures that make, alter, drop or empty tables which are not temporary.
SELECT n.nspname::text AS schema,
       p.proname::text AS name
  FROM pg_catalog.pg_proc p
  JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
  JOIN pg_catalog.pg_language l ON l.oid = p.prolang AND l.lanname NOT IN ('internal', 'c')
 WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
   AND p.prosrc ~* '\m(create\s+(unlogged\s+)?table|alter\s+table|drop\s+table|truncate\s+(table|only|[a-z_"]+\s*[;,.]))'
   AND p.oid NOT IN (SELECT d.objid FROM pg_catalog.pg_depend d
                      WHERE d.classid = 'pg_catalog.pg_proc'::regclass AND d.deptype = 'e')
 ORDER BY 1, 2
