-- Where the active side's WAL ends, and how far slot $1 holds on to it. One row, whether the slot is there or not.
SELECT
    (extract(epoch FROM pg_catalog.clock_timestamp()) * 1000)::float8 AS at,
    pg_catalog.pg_wal_lsn_diff(w.lsn, '0/0')::int8 AS wal,
    s.slot_name IS NOT NULL AS present,
    coalesce(s.active, false) AS connected,
    pg_catalog.pg_wal_lsn_diff(s.confirmed_flush_lsn, '0/0')::int8 AS flushed,
    pg_catalog.pg_wal_lsn_diff(w.lsn, s.restart_lsn)::int8 AS retained,
    s.wal_status::text AS wal_status,
    s.safe_wal_size::int8 AS safe_wal_size,
    -- Its column is there from 17 on.
    pg_catalog.to_jsonb(s) ->> 'invalidation_reason' AS invalidated
FROM (SELECT pg_catalog.pg_current_wal_lsn() AS lsn) w
LEFT JOIN pg_catalog.pg_replication_slots s ON s.slot_name = $1
