-- Indexes that are not valid: pg_dump leaves them out, but for those of partitioned tables.
SELECT n.nspname::text                                       AS schema,
       i.indexrelid::pg_catalog.regclass::text               AS name,
       c.relname::text                                       AS plain_name,
       c.relkind = 'I'                                       AS partitioned,
       i.indrelid::pg_catalog.regclass::text                 AS table_name
  FROM pg_catalog.pg_index i
  JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid
  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
 WHERE NOT i.indisvalid AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
 ORDER BY 2
