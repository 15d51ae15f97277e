-- Functions with a SET clause: CREATE FUNCTION fails where the target does not know the parameter.
SELECT n.nspname::text                                                             AS schema,
       p.oid::pg_catalog.regprocedure::text                                        AS name,
       CASE WHEN pg_catalog.to_jsonb(p) ->> 'prokind' = 'p' THEN 'PROCEDURE' ELSE 'FUNCTION' END AS kind,
       pg_catalog.split_part(s.setting, '=', 1)                                    AS parameter,
       pg_catalog.substr(s.setting, pg_catalog.strpos(s.setting, '=') + 1)         AS value
  FROM pg_catalog.pg_proc p
  JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
 CROSS JOIN LATERAL unnest(p.proconfig) AS s (setting)
 WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
   AND NOT EXISTS (SELECT
                     FROM pg_catalog.pg_depend d
                    WHERE d.classid = 'pg_catalog.pg_proc'::pg_catalog.regclass AND d.objid = p.oid AND d.deptype = 'e')
 ORDER BY 2, 4
