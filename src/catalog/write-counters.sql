-- Rows written so far, by table. A materialized view is written by its refresh alone, which we do anew.
SELECT s.relid::int8 AS oid, s.schemaname::text AS schema, s.relname::text AS name,
       s.n_tup_ins + s.n_tup_upd + s.n_tup_del AS writes,
       pg_catalog.pg_relation_filenode(c.oid)::int8 AS file
  FROM pg_catalog.pg_stat_user_tables s
  JOIN pg_catalog.pg_class c ON c.oid = s.relid AND c.relkind = 'r'
 WHERE s.schemaname !~ '^pg_'
