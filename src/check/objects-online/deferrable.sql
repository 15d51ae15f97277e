-- Unique and exclusion constraints that are deferrable: a trigger checks them, and under session_replication_role =
-- replica it does not fire.
SELECT n.nspname::text AS schema,
       c.relname::text AS name,
       k.conname::text AS constraint,
       pg_catalog.pg_get_constraintdef(k.oid) AS definition
  FROM pg_catalog.pg_constraint k
  JOIN pg_catalog.pg_class c ON c.oid = k.conrelid
  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
 WHERE k.contype IN ('p', 'u', 'x') AND k.condeferrable
   AND NOT c.relispartition
   AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
 ORDER BY n.nspname, c.relname, k.conname
