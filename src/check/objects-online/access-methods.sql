-- Access methods of tables that an extension brings, and tables that use them. One that was made by hand travels with the dump.
SELECT a.amname::text AS method,
       count(*)::int4 AS count,
       (pg_catalog.array_agg(n.nspname || '.' || c.relname ORDER BY n.nspname, c.relname))[1:5] AS tables,
       e.extname::text AS extension
  FROM pg_catalog.pg_class c
  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
  JOIN pg_catalog.pg_am a ON a.oid = c.relam
  JOIN pg_catalog.pg_depend d ON d.classid = 'pg_catalog.pg_am'::regclass AND d.objid = a.oid AND d.deptype = 'e'
  JOIN pg_catalog.pg_extension e ON e.oid = d.refobjid
 WHERE c.relkind IN ('r', 'p', 'm')
   AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
 GROUP BY a.oid, a.amname, e.extname
 ORDER BY a.amname
