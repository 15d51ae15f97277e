-- What a server has for logical replication, as the one that sends and as the one that receives. Settings as sessions
-- begin with them, in their base units; those that this major does not have are not among them.
SELECT (SELECT pg_catalog.json_object_agg(s.name, s.reset_val)
          FROM pg_catalog.pg_settings s
         WHERE s.name IN ('wal_level', 'max_replication_slots', 'max_wal_senders', 'max_slot_wal_keep_size',
                          'idle_replication_slot_timeout', 'wal_sender_timeout', 'wal_receiver_timeout',
                          'synchronous_standby_names', 'max_worker_processes',
                          'max_logical_replication_workers', 'max_sync_workers_per_subscription',
                          'max_active_replication_origins'))                                  AS settings,
       (SELECT pg_catalog.count(*) FROM pg_catalog.pg_replication_slots)                     AS slots,
       (SELECT pg_catalog.count(*) FROM pg_catalog.pg_stat_replication)                      AS senders,
       (SELECT pg_catalog.count(*) FROM pg_catalog.pg_replication_origin)                    AS origins,
       (SELECT pg_catalog.count(*) FROM pg_catalog.pg_stat_subscription WHERE pid IS NOT NULL) AS workers,
       pg_catalog.pg_database_size(pg_catalog.current_database())                            AS bytes
