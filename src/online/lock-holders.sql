-- Ends whoever holds a lock that a write takes, on a table of the user's own or on large objects.
SELECT pg_catalog.pg_terminate_backend(a.pid)
FROM pg_catalog.pg_stat_activity a
WHERE a.backend_type = 'client backend' AND a.pid <> pg_catalog.pg_backend_pid()
    AND a.application_name NOT LIKE 'pgleap: %'
    AND EXISTS (
        SELECT FROM pg_catalog.pg_locks l
        JOIN pg_catalog.pg_class c ON c.oid = l.relation
        JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
        WHERE l.pid = a.pid AND l.granted AND l.locktype = 'relation'
            AND l.database = (SELECT oid FROM pg_catalog.pg_database WHERE datname = pg_catalog.current_database())
            AND l.mode NOT IN ('AccessShareLock', 'RowShareLock')
            AND (
                n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
                OR c.oid = 'pg_catalog.pg_largeobject_metadata'::regclass
            )
    )
