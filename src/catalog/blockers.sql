-- Who holds, or waits in line for, an ACCESS EXCLUSIVE lock on one of the relations in $1: the only mode that an
-- ACCESS SHARE lock waits for. Never the text of a query: it may hold a password.
SELECT DISTINCT ON (l.pid)
       l.pid                                               AS pid,
       n.nspname::text                                     AS schema,
       c.relname::text                                     AS name,
       l.granted                                           AS granted,
       a.usename::text                                     AS role,
       a.application_name                                  AS application,
       a.state                                             AS state,
       extract(epoch FROM clock_timestamp() - a.xact_start)::float8 AS seconds
  FROM pg_catalog.pg_locks l
  JOIN pg_catalog.pg_class c ON c.oid = l.relation
  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
  LEFT JOIN pg_catalog.pg_stat_activity a ON a.pid = l.pid
 WHERE l.locktype = 'relation' AND l.mode = 'AccessExclusiveLock'
   AND l.database = (SELECT d.oid FROM pg_catalog.pg_database d WHERE d.datname = pg_catalog.current_database())
   AND l.relation = ANY ($1::oid[]) AND l.pid <> pg_catalog.pg_backend_pid()
 ORDER BY l.pid, l.granted DESC
