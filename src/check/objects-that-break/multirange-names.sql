-- Range types whose multirange type, which PostgreSQL 14 makes with them, would get a name that is taken: "range" in the name becomes
-- "multirange", else "_multirange" follows it (makeMultirangeTypeName, multirangetypes.c; names are cut at 63 bytes there, not here).
SELECT n.nspname::text                                             AS schema,
       pg_catalog.format('%I.%I', n.nspname, t.typname)            AS name,
       m.multirange                                                AS multirange,
       CASE WHEN c.oid IS NULL THEN 'the type ' ELSE 'the relation ' END
         || pg_catalog.format('%I.%I', n.nspname, o.typname)       AS taken_by
  FROM pg_catalog.pg_range r
  JOIN pg_catalog.pg_type t ON t.oid = r.rngtypid
  JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace
 CROSS JOIN LATERAL (
         SELECT CASE WHEN t.typname ~ 'range' THEN pg_catalog.regexp_replace(t.typname, 'range', 'multirange')
                     ELSE t.typname || '_multirange' END AS multirange) m
  JOIN pg_catalog.pg_type o ON o.typnamespace = t.typnamespace AND o.typname = m.multirange
  LEFT JOIN pg_catalog.pg_class c ON c.oid = o.typrelid AND c.relkind <> 'c'
 WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
   AND NOT EXISTS (SELECT
                     FROM pg_catalog.pg_depend d
                    WHERE d.classid = 'pg_catalog.pg_type'::pg_catalog.regclass AND d.objid = t.oid AND d.deptype = 'e')
 ORDER BY 2
