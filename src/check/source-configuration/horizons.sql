-- Standbys with hot_standby_feedback, and prepared transactions: how many transactions back they keep dead rows. What a
-- standby reports is seen by members of pg_read_all_stats alone.
SELECT 'standby' AS kind, r.application_name AS name, pg_catalog.age(r.backend_xmin) AS xmin_age
  FROM pg_catalog.pg_stat_replication r
 WHERE r.backend_xmin IS NOT NULL
UNION ALL
SELECT 'prepared transaction', p.gid, pg_catalog.age(p.transaction)
  FROM pg_catalog.pg_prepared_xacts p
