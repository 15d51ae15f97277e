-- Whether this server is a standby, and whether it keeps rows that its own readers still need on its primary.
SELECT pg_catalog.pg_is_in_recovery() AS standby,
       pg_catalog.current_setting('hot_standby_feedback') AS feedback
