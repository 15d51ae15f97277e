-- Access methods of tables, other than heap, and tables that use them.
SELECT a.amname::text AS method,
       count(*)::int4 AS count,
       (pg_catalog.array_agg(n.nspname || '.' || c.relname ORDER BY n.nspname, c.relname))[1:5] AS tables,
       (SELECT e.extname::text
          FROM pg_catalog.pg_depend d
          JOIN pg_catalog.pg_extension e ON e.oid = d.refobjid
         WHERE d.classid = 'pg_catalog.pg_am'::regclass AND d.objid = a.oid AND d.deptype = 'e') AS extension
  FROM pg_catalog.pg_class c
  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
  JOIN pg_catalog.pg_am a ON a.oid = c.relam
 WHERE c.relkind IN ('r', 'p', 'm') AND a.amname <> 'heap'
   AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
 GROUP BY a.oid, a.amname
 ORDER BY a.amname
