-- Triggers that fire while changes are applied (session_replication_role = replica): ENABLE ALWAYS and ENABLE REPLICA.
-- The apply worker fires triggers for each row, and those of TRUNCATE; no other for each statement, and it uses no rules
-- (execReplication.c inserts into the table, past the rewriter).
SELECT n.nspname::text AS schema,
       c.relname::text AS name,
       t.tgname::text AS trigger,
       t.tgenabled = 'A' AS always,
       (t.tgtype & 32) <> 0 AS on_truncate
  FROM pg_catalog.pg_trigger t
  JOIN pg_catalog.pg_class c ON c.oid = t.tgrelid
  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
 WHERE NOT t.tgisinternal
   AND t.tgenabled IN ('A', 'R')
   AND ((t.tgtype & 1) <> 0 OR (t.tgtype & 32) <> 0)
   AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
 ORDER BY n.nspname, c.relname, t.tgname
