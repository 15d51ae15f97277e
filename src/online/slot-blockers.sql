-- Who a new logical slot waits for: whoever holds a transaction id, in any database, and prepared transactions. Times and
-- texts of others' sessions are for members of pg_read_all_stats; the locks are for everybody.
SELECT
    l.pid AS pid,
    NULL::text AS gid,
    a.usename::text AS role,
    a.datname::text AS database,
    a.state AS state,
    (1000 * pg_catalog.date_part('epoch', pg_catalog.clock_timestamp() - a.xact_start))::float8 AS ms,
    pg_catalog.left(pg_catalog.regexp_replace(a.query, '\s+', ' ', 'g'), 80) AS query
FROM pg_catalog.pg_locks l
JOIN pg_catalog.pg_stat_activity a ON a.pid = l.pid
WHERE l.locktype = 'transactionid' AND l.mode = 'ExclusiveLock' AND l.granted AND l.pid <> pg_catalog.pg_backend_pid()
UNION ALL
SELECT
    NULL, p.gid::text, p.owner::text, p.database::text, 'prepared',
    (1000 * pg_catalog.date_part('epoch', pg_catalog.clock_timestamp() - p.prepared))::float8, NULL
FROM pg_catalog.pg_prepared_xacts p
ORDER BY ms DESC NULLS LAST
