-- Partitions whose rows another server may keep in another partition, with the table at their root: hash partitioning by an
-- enum follows the OIDs of its labels, which differ from server to server (getPartitioningInfo in pg_dump.c).
WITH RECURSIVE above (oid, parent) AS (
  SELECT i.inhrelid, i.inhparent
    FROM pg_catalog.pg_inherits i
    JOIN pg_catalog.pg_class c ON c.oid = i.inhrelid AND c.relispartition
   UNION ALL
  SELECT a.oid, i.inhparent
    FROM above a
    JOIN pg_catalog.pg_inherits i ON i.inhrelid = a.parent
    JOIN pg_catalog.pg_class c ON c.oid = i.inhrelid AND c.relispartition
)
SELECT a.oid::int8 AS oid, n.nspname::text AS schema, r.relname::text AS name
  FROM above a
  JOIN pg_catalog.pg_class r ON r.oid = a.parent AND NOT r.relispartition
  JOIN pg_catalog.pg_namespace n ON n.oid = r.relnamespace
 WHERE EXISTS (SELECT
                 FROM above u
                 JOIN pg_catalog.pg_partitioned_table p ON p.partrelid = u.parent
                 JOIN pg_catalog.pg_opclass o ON o.oid = ANY (p.partclass::oid[])
                 JOIN pg_catalog.pg_am m ON m.oid = o.opcmethod AND m.amname = 'hash'
                WHERE u.oid = a.oid AND o.opcname = 'enum_ops' AND o.opcnamespace = 'pg_catalog'::regnamespace)
