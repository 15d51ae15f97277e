-- How far the oldest rows of this database are from the wraparound of transaction and multixact ids (2^31), and from where
-- on autovacuum works against it whatever its settings are.
SELECT pg_catalog.age(d.datfrozenxid)::float8 AS transactions,
       pg_catalog.current_setting('autovacuum_freeze_max_age')::float8 AS transactions_limit,
       pg_catalog.mxid_age(d.datminmxid)::float8 AS multixacts,
       pg_catalog.current_setting('autovacuum_multixact_freeze_max_age')::float8 AS multixacts_limit
  FROM pg_catalog.pg_database d
 WHERE d.datname = pg_catalog.current_database()
