-- Ends who waits for a lock of the session $1 and has written in his transaction already: he keeps us waiting, and we him.
SELECT pg_catalog.pg_terminate_backend(a.pid)
FROM pg_catalog.pg_stat_activity a
WHERE a.backend_type = 'client backend' AND a.datname = pg_catalog.current_database()
    AND a.application_name NOT LIKE 'pgleap: %'
    AND $1::integer = ANY (pg_catalog.pg_blocking_pids(a.pid))
    AND EXISTS (
        SELECT FROM pg_catalog.pg_locks l
        WHERE l.pid = a.pid AND l.granted AND l.locktype = 'relation'
            AND l.database = (SELECT oid FROM pg_catalog.pg_database WHERE datname = pg_catalog.current_database())
            AND l.mode NOT IN ('AccessShareLock', 'RowShareLock')
    )
