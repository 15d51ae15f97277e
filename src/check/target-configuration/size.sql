-- Size of the database, and its largest table with its indexes: the one that was the largest at its last VACUUM or
-- ANALYZE, for asking the file system about each takes too long where there are many.
SELECT pg_catalog.pg_database_size(pg_catalog.current_database()) AS database,
       t.name                                                     AS largest,
       t.bytes                                                    AS largest_bytes
  FROM (SELECT 1) one
  LEFT JOIN (
       SELECT pg_catalog.format('%I.%I', n.nspname, c.relname) AS name,
              pg_catalog.pg_total_relation_size(c.oid)         AS bytes
         FROM (SELECT c.oid, c.relname, c.relnamespace
                 FROM pg_catalog.pg_class c
                WHERE c.relkind IN ('r', 'm') AND c.relpersistence <> 't'
                ORDER BY c.relpages DESC LIMIT 1) c
         JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
        WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema') t ON true
