-- The functions of the database whose bodies are text that only a validator reads, and what would validate them. Members of
-- extensions are their extension's own business; C functions were looked up in their library when they were made.
SELECT p.oid::int8                          AS oid,
       p.oid::pg_catalog.regprocedure::text AS name,
       -- prokind is there from 11 on, procedures with it
       CASE pg_catalog.to_jsonb(p) ->> 'prokind' WHEN 'p' THEN 'procedure' ELSE 'function' END AS kind,
       n.nspname::text                      AS schema,
       l.lanname::text                      AS language,
       pg_catalog.format('%I.%I', vn.nspname, v.proname) AS validator,
       (SELECT pg_catalog.substr(setting, pg_catalog.length('search_path=') + 1)
          FROM pg_catalog.unnest(p.proconfig) AS setting
         WHERE setting LIKE 'search\_path=%') AS search_path
  FROM pg_catalog.pg_proc p
  JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
  JOIN pg_catalog.pg_language l ON l.oid = p.prolang
  JOIN pg_catalog.pg_proc v ON v.oid = l.lanvalidator
  JOIN pg_catalog.pg_namespace vn ON vn.oid = v.pronamespace
 WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
   AND l.lanname NOT IN ('internal', 'c')
   AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend d
                    WHERE d.classid = 'pg_catalog.pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e')
 ORDER BY 2
