-- Rows that were changed in this database, per second since its statistics were reset (or, where nobody ever did that,
-- since the server started: then at most so many), and the tables that have most of them.
SELECT d.stats_reset IS NOT NULL AS exact,
       GREATEST(extract(epoch FROM pg_catalog.now()
         - COALESCE(d.stats_reset, pg_catalog.pg_postmaster_start_time())), 1)::float8 AS seconds,
       (d.tup_inserted + d.tup_updated + d.tup_deleted)::float8 AS changes,
       GREATEST(d.xact_commit, 1)::float8 AS commits,
       ARRAY(SELECT s.schemaname || '.' || s.relname || ' ('
                    || pg_catalog.round(100.0 * (s.n_tup_ins + s.n_tup_upd + s.n_tup_del)
                       / GREATEST(d.tup_inserted + d.tup_updated + d.tup_deleted, 1)) || ' %)'
               FROM pg_catalog.pg_stat_user_tables s
              WHERE 20 * (s.n_tup_ins + s.n_tup_upd + s.n_tup_del) > d.tup_inserted + d.tup_updated + d.tup_deleted
              ORDER BY s.n_tup_ins + s.n_tup_upd + s.n_tup_del DESC
              LIMIT 5) AS tables
  FROM pg_catalog.pg_stat_database d
 WHERE d.datname = pg_catalog.current_database()
