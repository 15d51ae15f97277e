-- Functions whose bodies have a connection string, or open a connection. The bodies may hold passwords: they go no further than here.
SELECT n.nspname::text                                       AS schema,
       p.oid::pg_catalog.regprocedure::text                  AS name,
       p.prosrc                                              AS body
  FROM pg_catalog.pg_proc p
  JOIN pg_catalog.pg_language l ON l.oid = p.prolang AND l.lanname NOT IN ('c', 'internal')
  JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
 WHERE p.prosrc ~* '\mdblink(_\w+)?\s*\(|postgres(ql)?://|\mhost(addr)?\s*=\s*[^\s=]|\mdbname\s*=\s*[^\s=]|\mcreate\s+(server|subscription)\M'
   AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
   AND NOT EXISTS (SELECT
                     FROM pg_catalog.pg_depend d
                    WHERE d.classid = 'pg_catalog.pg_proc'::pg_catalog.regclass AND d.objid = p.oid AND d.deptype = 'e')
 ORDER BY 2
