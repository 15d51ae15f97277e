-- What makes partitions by itself. Jobs of pg_cron are X15's concern.
SELECT e.extname::text AS extension
  FROM pg_catalog.pg_extension e
 WHERE e.extname IN ('pg_partman', 'timescaledb')
 ORDER BY 1
