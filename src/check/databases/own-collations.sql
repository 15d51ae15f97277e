-- Collations that somebody has made in this database. Columns that only later majors have are read by way of JSON.
SELECT pg_catalog.format('%I.%I', n.nspname, c.collname)                                              AS name,
       c.collprovider                                                                                 AS provider,
       CASE c.collprovider WHEN 'c' THEN NULL
            ELSE COALESCE(j.row ->> 'colllocale', j.row ->> 'colliculocale', j.row ->> 'collcollate') END AS locale,
       j.row ->> 'collcollate'                                                                        AS collate,
       j.row ->> 'collctype'                                                                          AS ctype,
       COALESCE((j.row ->> 'collisdeterministic')::bool, true)                                        AS deterministic,
       j.row ->> 'collicurules'                                                                       AS rules
  FROM pg_catalog.pg_collation c
  JOIN pg_catalog.pg_namespace n ON n.oid = c.collnamespace
 CROSS JOIN LATERAL (SELECT pg_catalog.to_jsonb(c) AS row) j
 WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
   AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend d
                    WHERE d.classid = 'pg_catalog.pg_collation'::pg_catalog.regclass AND d.objid = c.oid AND d.deptype = 'e')
 ORDER BY 1
