-- The partitions that hold rows, each with the root of its tree.
SELECT n.nspname || '.' || c.relname                                        AS "table",
       pg_catalog.pg_partition_root(c.oid)::pg_catalog.oid::int8            AS root
  FROM pg_catalog.pg_class c
  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
 WHERE c.relispartition AND c.relkind = 'r'
