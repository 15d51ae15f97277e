-- The columns by which a target looks for a row, and which a source sends of an old one: of the replica identity's index,
-- else of the primary key (logical/relation.c, logicalrep_rel_mark_updatable).
SELECT n.nspname::text AS schema,
       c.relname::text AS name,
       c.relreplident = 'f' AS whole_row,
       ARRAY(SELECT a.attname::text FROM pg_catalog.pg_attribute a
              WHERE a.attrelid = c.oid
                AND a.attnum = ANY ((i.indkey::int2[])[0:pg_catalog.array_length(i.indclass::oid[], 1) - 1])
              ORDER BY a.attnum) AS columns
  FROM pg_catalog.pg_class c
  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
  JOIN LATERAL (SELECT x.*
                  FROM pg_catalog.pg_index x
                 WHERE x.indrelid = c.oid AND x.indisvalid AND (x.indisreplident OR x.indisprimary)
                 ORDER BY x.indisreplident DESC
                 LIMIT 1) i ON true
 WHERE c.relkind IN ('r', 'p')
   AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
 ORDER BY n.nspname, c.relname
