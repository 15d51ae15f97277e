-- Physical standbys of this server; a logical subscriber's sender serves a logical slot. Without the right to see more, every
-- sender is listed, and its state is not known.
SELECT coalesce(nullif(r.application_name, ''), 'pid ' || r.pid) AS name
  FROM pg_catalog.pg_stat_replication r
 WHERE coalesce(r.state, '') <> 'backup'
   AND NOT EXISTS (SELECT FROM pg_catalog.pg_replication_slots s WHERE s.active_pid = r.pid AND s.slot_type = 'logical')
 ORDER BY 1
