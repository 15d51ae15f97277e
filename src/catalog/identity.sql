-- Run in the snapshot's transaction: what must be the same at a later moment for nothing to have been written between.
SELECT pg_catalog.pg_current_snapshot()::text              AS snapshot,
       pg_catalog.pg_is_in_recovery()                       AS is_standby,
       (SELECT system_identifier FROM pg_catalog.pg_control_system())::text AS system_identifier,
       extract(epoch FROM pg_catalog.pg_postmaster_start_time())::text      AS started,
       EXISTS (SELECT FROM pg_catalog.pg_class c WHERE c.relpersistence = 'u') AS has_unlogged
