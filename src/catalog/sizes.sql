-- Bytes on disk now of the relations in $1. Call it with locks held: pg_relation_size waits for ACCESS EXCLUSIVE ones.
-- It also loads the relation into the session's cache, which for 20,000 indexes takes a second: those of tables under
-- 1 MB are as large as the last VACUUM or ANALYZE found them.
SELECT c.oid::int8                                                        AS oid,
       heap.bytes                                                         AS heap_bytes,
       COALESCE(pg_catalog.pg_relation_size(c.reltoastrelid), 0)          AS toast_bytes,
       COALESCE((SELECT sum(CASE WHEN heap.bytes >= 1048576 THEN pg_catalog.pg_relation_size(x.oid)
                                 ELSE x.relpages::int8 * block.size END)
                   FROM pg_catalog.pg_index i
                   JOIN pg_catalog.pg_class x ON x.oid = i.indexrelid
                  WHERE i.indrelid = c.oid), 0)::int8                     AS index_bytes,
       block.size                                                         AS block_size
  FROM unnest($1::oid[]) AS t (oid)
  JOIN pg_catalog.pg_class c ON c.oid = t.oid
 CROSS JOIN (SELECT pg_catalog.current_setting('block_size')::int8 AS size) block
 CROSS JOIN LATERAL (SELECT pg_catalog.pg_relation_size(c.oid) AS bytes OFFSET 0) heap
 WHERE c.relkind IN ('r', 'm')
