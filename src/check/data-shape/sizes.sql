-- Tables with rows of their own, by their size with TOAST and indexes, and how old their statistics are. Sizes are those
-- of the last VACUUM or ANALYZE: no lock is taken.
SELECT n.nspname::text AS schema,
       c.relname::text AS name,
       GREATEST(c.reltuples, 0)::float8 AS rows,
       (c.relpages + COALESCE(toast.relpages, 0))::float8 * block.size AS bytes,
       COALESCE(indexes.pages, 0)::float8 * block.size AS index_bytes,
       pg_catalog.pg_stat_get_last_analyze_time(c.oid) IS NULL
         AND pg_catalog.pg_stat_get_last_autoanalyze_time(c.oid) IS NULL AS never_analyzed,
       pg_catalog.pg_stat_get_mod_since_analyze(c.oid)::float8 AS changed_since,
       pg_catalog.pg_stat_get_live_tuples(c.oid)::float8 AS live,
       pg_catalog.pg_stat_get_dead_tuples(c.oid)::float8 AS dead
  FROM pg_catalog.pg_class c
  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
 CROSS JOIN (SELECT pg_catalog.current_setting('block_size')::int4 AS size) block
  LEFT JOIN pg_catalog.pg_class toast ON toast.oid = c.reltoastrelid
  LEFT JOIN (SELECT i.indrelid, sum(ic.relpages::int8) AS pages
               FROM pg_catalog.pg_index i
               JOIN pg_catalog.pg_class ic ON ic.oid = i.indexrelid
              GROUP BY i.indrelid) indexes ON indexes.indrelid = c.oid
 WHERE c.relkind IN ('r', 'm')
   AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
 ORDER BY 4 DESC, 1, 2
