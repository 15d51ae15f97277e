-- How many more sessions this user can open: what the server has left for everybody, and what the role's own limit leaves.
SELECT pg_catalog.current_setting('max_connections')::int
         - pg_catalog.current_setting('superuser_reserved_connections')::int
         - COALESCE(pg_catalog.current_setting('reserved_connections', true), '0')::int
         - (SELECT pg_catalog.count(*)::int FROM pg_catalog.pg_stat_activity
             WHERE COALESCE(backend_type, 'client backend') = 'client backend')              AS of_server,
       CASE WHEN r.rolconnlimit >= 0 AND NOT r.rolsuper
            THEN r.rolconnlimit - (SELECT pg_catalog.count(*)::int FROM pg_catalog.pg_stat_activity
                                    WHERE usename = r.rolname) END                          AS of_role
  FROM pg_catalog.pg_roles r
 WHERE r.rolname = current_user
