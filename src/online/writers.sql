-- Who writes to this database although default_transaction_read_only closes it, as far as SQL tells: roles that have that
-- setting turned off for themselves (the most particular counts: postinit.c, process_settings), subscriptions to other
-- servers (what they apply is no statement of a session), and background workers of extensions, of which nobody knows what they do.
SELECT 'role' AS kind, r.rolname::text AS name
FROM pg_catalog.pg_roles r
WHERE r.rolcanlogin
    AND pg_catalog.has_database_privilege(r.oid, pg_catalog.current_database(), 'CONNECT')
    AND NOT (
        SELECT pg_catalog.split_part(c.setting, '=', 2)::boolean
        FROM pg_catalog.pg_db_role_setting s
        CROSS JOIN LATERAL pg_catalog.unnest(s.setconfig) c (setting)
        LEFT JOIN pg_catalog.pg_database d ON d.oid = s.setdatabase
        WHERE s.setrole = r.oid
            AND (s.setdatabase = 0 OR d.datname = pg_catalog.current_database())
            AND pg_catalog.split_part(c.setting, '=', 1) = 'default_transaction_read_only'
        ORDER BY s.setdatabase = 0
        LIMIT 1
    )
UNION ALL
SELECT 'subscription', s.subname::text
FROM pg_catalog.pg_subscription s
JOIN pg_catalog.pg_database d ON d.oid = s.subdbid AND d.datname = pg_catalog.current_database()
WHERE s.subenabled AND s.subname !~ '^pgleap_[0-9a-f]{8}(_back)?$'
UNION ALL
SELECT DISTINCT 'worker', a.backend_type
FROM pg_catalog.pg_stat_activity a
WHERE a.datname = pg_catalog.current_database()
    -- The server's own.
    AND a.backend_type NOT IN (
        'client backend', 'walsender', 'autovacuum worker', 'parallel worker', 'slotsync worker', 'standalone backend',
        'logical replication worker', 'logical replication apply worker', 'logical replication tablesync worker',
        'logical replication parallel worker', 'logical replication launcher'
    )
ORDER BY 1, 2
