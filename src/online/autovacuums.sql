-- deadlock_timeout in milliseconds, where an autovacuum works in this database.
SELECT s.setting::integer AS ms
FROM pg_catalog.pg_settings s
WHERE s.name = 'deadlock_timeout' AND EXISTS (
    SELECT FROM pg_catalog.pg_stat_activity a
    WHERE a.backend_type = 'autovacuum worker' AND a.datname = pg_catalog.current_database()
)
