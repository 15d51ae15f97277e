-- Who is connected to this database now, by role, application and address; ours and replication's aside. Of other roles'
-- sessions, pg_read_all_stats is needed to see more than the role and the application.
SELECT a.usename::text AS role,
       a.application_name AS application,
       CASE WHEN a.client_addr IS NOT NULL THEN pg_catalog.host(a.client_addr)
            WHEN a.backend_type IS NOT NULL THEN 'local socket' END AS address,
       count(*)::int4 AS sessions,
       r.rolsuper AS superuser,
       -- LISTEN stays in effect for the session, though here only the last statement is seen.
       count(*) FILTER (WHERE a.query ~* '^\s*listen\M')::int4 AS listening,
       count(*) FILTER (WHERE EXISTS (SELECT FROM pg_catalog.pg_locks l
                                       WHERE l.pid = a.pid AND l.locktype = 'advisory' AND l.granted
                                         AND l.database = a.datid))::int4 AS advisory
  FROM pg_catalog.pg_stat_activity a
  LEFT JOIN pg_catalog.pg_roles r ON r.oid = a.usesysid
 WHERE a.datname = pg_catalog.current_database()
   AND a.application_name !~ '^pgleap(:|$)'
   AND COALESCE(a.backend_type, 'client backend') = 'client backend'
 GROUP BY 1, 2, 3, 5
 ORDER BY 4 DESC, 1, 2, 3
