-- Where the server's WAL is; a standby has what it has replayed.
SELECT (CASE WHEN pg_catalog.pg_is_in_recovery() THEN pg_catalog.pg_last_wal_replay_lsn()
             ELSE pg_catalog.pg_current_wal_lsn() END
        - '0/0'::pg_catalog.pg_lsn)::text AS position
