-- Who holds a transaction id now, in any database: a new logical slot waits for the end of all of them. Everybody sees
-- the locks; the times and texts of others' sessions are for members of pg_read_all_stats.
SELECT l.pid                                                        AS pid,
       a.usename::text                                              AS role,
       a.datname::text                                              AS database,
       a.application_name                                           AS application,
       a.state                                                      AS state,
       pg_catalog.date_part('epoch', pg_catalog.clock_timestamp() - a.xact_start) AS seconds,
       a.query                                                      AS query
  FROM pg_catalog.pg_locks l
  JOIN pg_catalog.pg_stat_activity a ON a.pid = l.pid
 WHERE l.locktype = 'transactionid' AND l.mode = 'ExclusiveLock' AND l.granted
   AND l.virtualxid IS NULL AND l.pid <> pg_catalog.pg_backend_pid()
 ORDER BY a.xact_start, l.pid
