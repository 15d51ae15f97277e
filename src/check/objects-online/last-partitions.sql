-- Partitioned tables by ranges of time, and where their last range ends; and whether pg_partman is here.
SELECT n.nspname::text AS schema,
       c.relname::text AS name,
       count(*)::int4 AS partitions,
       bool_or(pg_catalog.pg_get_expr(p.relpartbound, p.oid) = 'DEFAULT') AS has_default,
       max(substring(pg_catalog.pg_get_expr(p.relpartbound, p.oid) FROM 'TO \(''([0-9]{4}-[0-9]{2}-[0-9]{2})')) AS last_end,
       pg_catalog.to_char(pg_catalog.now(), 'YYYY-MM-DD') AS today
  FROM pg_catalog.pg_partitioned_table t
  JOIN pg_catalog.pg_class c ON c.oid = t.partrelid
  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
  JOIN pg_catalog.pg_attribute a
    ON a.attrelid = c.oid AND a.attnum = t.partattrs[0]
   AND a.atttypid IN ('date'::regtype, 'timestamp'::regtype, 'timestamptz'::regtype)
  JOIN pg_catalog.pg_inherits i ON i.inhparent = c.oid
  JOIN pg_catalog.pg_class p ON p.oid = i.inhrelid
 WHERE t.partstrat = 'r'
   AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
 GROUP BY n.nspname, c.relname
 ORDER BY n.nspname, c.relname
