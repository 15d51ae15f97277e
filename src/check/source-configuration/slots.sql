-- Replication slots of the whole server that outlive their session.
SELECT s.slot_name::text                                        AS name,
       s.slot_type                                              AS type,
       s.plugin::text                                           AS plugin,
       s.database::text                                         AS database,
       s.database = pg_catalog.current_database()               AS here,
       s.active                                                 AS active,
       s.wal_status                                             AS wal_status,
       r.application_name                                       AS application,
       CASE WHEN s.restart_lsn IS NULL OR pg_catalog.pg_is_in_recovery() THEN NULL
            ELSE pg_catalog.pg_wal_lsn_diff(pg_catalog.pg_current_wal_lsn(), s.restart_lsn)::int8 END AS retained,
       GREATEST(pg_catalog.age(s.xmin), pg_catalog.age(s.catalog_xmin))  AS xmin_age
  FROM pg_catalog.pg_replication_slots s
  LEFT JOIN pg_catalog.pg_stat_replication r ON r.pid = s.active_pid
 WHERE NOT s.temporary
 ORDER BY 1
