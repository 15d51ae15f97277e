-- The tables that a run locks at once (r, p: catalog/hold.ts, and pg_dump), against the room of the lock table. By
-- NLOCKENTS of lock.c it has max_locks_per_transaction entries for each process and each prepared transaction.
SELECT (SELECT pg_catalog.count(*)
          FROM pg_catalog.pg_class c
          JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
         WHERE c.relkind IN ('r', 'p') AND c.relpersistence <> 't'
           AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema')      AS tables,
       pg_catalog.current_setting('max_locks_per_transaction')::int4           AS per_transaction,
       pg_catalog.current_setting('max_connections')::int4
     + pg_catalog.current_setting('max_prepared_transactions')::int4
     + pg_catalog.current_setting('autovacuum_max_workers')::int4
     + pg_catalog.current_setting('max_worker_processes')::int4 + 1            AS holders
