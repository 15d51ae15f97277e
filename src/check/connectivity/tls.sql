-- Whether our own connection is encrypted; a socket of the machine and its loopback need not be.
SELECT s.ssl AS encrypted,
       s.version::pg_catalog.text AS protocol,
       pg_catalog.inet_client_addr() IS NULL
         OR pg_catalog.inet_client_addr() <<= '127.0.0.0/8'
         OR pg_catalog.inet_client_addr() = '::1' AS local
  FROM pg_catalog.pg_stat_ssl s
 WHERE s.pid = pg_catalog.pg_backend_pid()
