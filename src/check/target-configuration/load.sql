-- What a load meets on the target, and what is lost where somebody has turned it off for one.
SELECT (SELECT s.setting::int8 FROM pg_catalog.pg_settings s WHERE s.name = 'max_wal_size') AS max_wal_size,
       pg_catalog.current_setting('autovacuum')::bool                   AS autovacuum,
       pg_catalog.current_setting('fsync')::bool                        AS fsync,
       pg_catalog.current_setting('full_page_writes')::bool             AS full_page_writes
