-- Casts of the user's between built-in types.
SELECT COALESCE(n.nspname::text, 'pg_catalog')                                      AS schema,
       pg_catalog.format_type(c.castsource, NULL)                                   AS from_type,
       pg_catalog.format_type(c.casttarget, NULL)                                   AS to_type,
       'CREATE CAST (' || pg_catalog.format_type(c.castsource, NULL) || ' AS '
         || pg_catalog.format_type(c.casttarget, NULL) || ') '
         || CASE c.castmethod WHEN 'f' THEN 'WITH FUNCTION ' || c.castfunc::pg_catalog.regprocedure::text
                              WHEN 'i' THEN 'WITH INOUT'
                              ELSE 'WITHOUT FUNCTION' END
         || CASE c.castcontext WHEN 'i' THEN ' AS IMPLICIT' WHEN 'a' THEN ' AS ASSIGNMENT' ELSE '' END AS definition
  FROM pg_catalog.pg_cast c
  LEFT JOIN pg_catalog.pg_proc p ON p.oid = c.castfunc
  LEFT JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
 WHERE c.oid >= 16384 AND c.castsource < 16384 AND c.casttarget < 16384
   AND NOT EXISTS (SELECT
                     FROM pg_catalog.pg_depend d
                    WHERE d.classid = 'pg_catalog.pg_cast'::pg_catalog.regclass AND d.objid = c.oid AND d.deptype = 'e')
 ORDER BY 2, 3
