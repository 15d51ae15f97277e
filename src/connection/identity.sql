-- Which database of which server this is, by facts that everyone may read.
SELECT d.oid AS database_oid,
       d.datname::pg_catalog.text AS database,
       pg_catalog.pg_postmaster_start_time()::pg_catalog.text AS started_at,
       pg_catalog.pg_is_in_recovery() AS recovering,
       pg_catalog.current_setting('default_transaction_read_only') = 'on' AS read_only,
       pg_catalog.has_function_privilege('pg_catalog.pg_control_system()', 'EXECUTE') AS may_read_system
  FROM pg_catalog.pg_database d
 WHERE d.datname = pg_catalog.current_database()
