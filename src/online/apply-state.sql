-- How subscription $1 fares on the side that follows: one row where it is there.
SELECT
    st.subid::int8 AS oid,
    s.subenabled AS enabled,
    st.pid,
    (extract(epoch FROM pg_catalog.clock_timestamp() - st.last_msg_receipt_time) * 1000)::float8 AS silent_ms,
    (
        SELECT coalesce(pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object(
            'table', n.nspname || '.' || c.relname, 'state', r.srsubstate) ORDER BY n.nspname, c.relname), '[]')
        FROM pg_catalog.pg_subscription_rel r
        JOIN pg_catalog.pg_class c ON c.oid = r.srrelid
        JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
        WHERE r.srsubid = st.subid
    ) AS tables
FROM pg_catalog.pg_stat_subscription st
JOIN pg_catalog.pg_subscription s ON s.subname = st.subname
    AND s.subdbid = (SELECT d.oid FROM pg_catalog.pg_database d WHERE d.datname = pg_catalog.current_database())
-- The others are the workers that copy tables, and those that help to apply (16 and newer).
WHERE st.subname = $1 AND st.relid IS NULL AND pg_catalog.to_jsonb(st) ->> 'leader_pid' IS NULL
