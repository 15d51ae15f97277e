-- Standbys with hot_standby_feedback, and prepared transactions: how many transactions back they keep dead rows. What a
-- standby reports is seen by members of pg_read_all_stats alone; for others, not even its state is there.
SELECT 'standby' AS kind, COALESCE(NULLIF(r.application_name, ''), r.pid::text) AS name,
       pg_catalog.age(r.backend_xmin) AS xmin_age, r.state IS NULL AS hidden
  FROM pg_catalog.pg_stat_replication r
UNION ALL
SELECT 'prepared transaction', p.gid, pg_catalog.age(p.transaction), false
  FROM pg_catalog.pg_prepared_xacts p
