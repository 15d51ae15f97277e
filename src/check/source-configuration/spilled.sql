-- What each logical slot has decoded, and what of it went through files; counted from PostgreSQL 14 on.
SELECT s.slot_name::text                                              AS name,
       s.spill_bytes                                                  AS spilled,
       s.total_bytes                                                  AS decoded,
       pg_catalog.current_setting('logical_decoding_work_mem')        AS memory
  FROM pg_catalog.pg_stat_replication_slots s
 ORDER BY 1
