-- Indexes of the relations in $1, with the constraint that owns each, and the index of the parent that it is attached to.
-- The size is measured or known as in sizes.sql. Foreign keys also name an index (that of the referenced table): they do not own it.
SELECT i.indexrelid::int8                              AS oid,
       n.nspname::text                                 AS schema,
       c.relname::text                                 AS name,
       i.indrelid::int8                                AS table_oid,
       pg_catalog.pg_get_indexdef(i.indexrelid)        AS definition,
       CASE WHEN c.relkind = 'I' THEN 0
            WHEN pg_catalog.pg_relation_size(i.indrelid) >= 1048576 THEN pg_catalog.pg_relation_size(c.oid)
            ELSE c.relpages::int8 * pg_catalog.current_setting('block_size')::int8
       END                                             AS bytes,
       am.amname::text                                 AS method,
       i.indisunique                                   AS is_unique,
       i.indisvalid                                    AS is_valid,
       c.relkind = 'I'                                 AS is_partitioned,
       parent.inhparent::int8                          AS parent_oid,
       k.oid::int8                                     AS constraint_oid,
       k.conname::text                                 AS constraint_name,
       k.contype::text                                 AS constraint_type,
       k.condeferrable                                 AS is_deferrable,
       k.condeferred                                   AS is_deferred,
       COALESCE(k.conperiod, false)                    AS is_temporal
  FROM unnest($1::oid[]) AS t (oid)
  JOIN pg_catalog.pg_index i ON i.indrelid = t.oid
  JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid
  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
  JOIN pg_catalog.pg_am am ON am.oid = c.relam
  LEFT JOIN pg_catalog.pg_inherits parent ON parent.inhrelid = i.indexrelid
  LEFT JOIN pg_catalog.pg_constraint k
         ON k.conindid = i.indexrelid AND k.conrelid = i.indrelid AND k.contype IN ('p', 'u', 'x')
 ORDER BY n.nspname, c.relname
