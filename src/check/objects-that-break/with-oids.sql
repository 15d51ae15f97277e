-- Tables with a hidden oid column (up to PostgreSQL 11).
SELECT n.nspname::text                                       AS schema,
       pg_catalog.format('%I.%I', n.nspname, c.relname)      AS name
  FROM pg_catalog.pg_class c
  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
 WHERE c.relhasoids AND c.relkind IN ('r', 'p') AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
 ORDER BY 2
