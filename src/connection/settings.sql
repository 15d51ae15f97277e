-- Who and where we are, and our settings, in one round trip.
-- $1 the process id of the login's BackendKeyData, $2 our settings and $3 the caller's, as json objects of texts.
-- The settings are only made where the process that answers is the one that the login named: behind a pooler they would
-- stay on a connection that others use. Ours are left out where the server does not know them yet (a later major's
-- timeouts); an unknown setting of the caller's is an error. Some platforms know client_connection_check_interval and take
-- nothing but 0 for it (client_connection_check_interval's check hook in PostgreSQL): it is made on Linux alone.
SELECT pg_catalog.pg_backend_pid() AS pid,
       pg_catalog.current_setting('server_version_num')::pg_catalog.int4 AS version,
       CURRENT_USER::pg_catalog.text AS user,
       pg_catalog.current_database()::pg_catalog.text AS database,
       pg_catalog.pg_is_in_recovery() AS recovering,
       pg_catalog.current_setting('default_transaction_read_only') = 'on' AS read_only,
       CASE WHEN pg_catalog.pg_backend_pid() = $1::pg_catalog.int4 THEN
         (SELECT pg_catalog.count(pg_catalog.set_config(s.key, s.value, false))
            FROM (SELECT o.key, o.value FROM pg_catalog.json_each_text($2::pg_catalog.json) o
                   WHERE pg_catalog.current_setting(o.key, true) IS NOT NULL
                     AND (o.key <> 'client_connection_check_interval' OR pg_catalog.version() ~ 'linux')
                   UNION ALL
                  SELECT c.key, c.value FROM pg_catalog.json_each_text($3::pg_catalog.json) c) s)
       END AS settings
