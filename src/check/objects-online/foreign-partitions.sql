-- Foreign tables that are partitions: a publication of the partitioned table takes them in without a word, and sends nothing of
-- their changes.
SELECT n.nspname::text AS schema,
       c.relname::text AS name,
       s.srvname::text AS server,
       pn.nspname || '.' || p.relname AS parent
  FROM pg_catalog.pg_class c
  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
  JOIN pg_catalog.pg_foreign_table f ON f.ftrelid = c.oid
  JOIN pg_catalog.pg_foreign_server s ON s.oid = f.ftserver
  JOIN pg_catalog.pg_inherits i ON i.inhrelid = c.oid
  JOIN pg_catalog.pg_class p ON p.oid = i.inhparent
  JOIN pg_catalog.pg_namespace pn ON pn.oid = p.relnamespace
 WHERE c.relkind = 'f' AND c.relispartition
 ORDER BY n.nspname, c.relname
