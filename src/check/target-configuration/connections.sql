-- Who is connected to this database, beside ourselves.
SELECT a.usename::text                                          AS role,
       a.application_name                                       AS application,
       pg_catalog.host(a.client_addr)                           AS address,
       pg_catalog.array_agg(a.pid ORDER BY a.pid)               AS pids
  FROM pg_catalog.pg_stat_activity a
 WHERE a.datname = pg_catalog.current_database() AND a.usesysid IS NOT NULL
   AND COALESCE(a.backend_type, 'client backend') = 'client backend'
   AND a.application_name NOT LIKE 'pgleap:%'
 GROUP BY 1, 2, 3
 ORDER BY 1, 2, 3
