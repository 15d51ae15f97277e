-- Physical standbys and other receivers of the server's whole WAL that are connected now.
SELECT a.application_name AS name,
       pg_catalog.host(a.client_addr) AS address
  FROM pg_catalog.pg_stat_replication a
 WHERE NOT EXISTS (SELECT FROM pg_catalog.pg_replication_slots s
                    WHERE s.active_pid = a.pid AND s.slot_type = 'logical')
   AND COALESCE(a.state, '') <> 'backup'
 ORDER BY 1, 2
