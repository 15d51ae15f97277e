-- All databases of the server, with what decides whether they are dumped. A limit of -2 marks one whose DROP was interrupted
-- (dbcommands.c, database_is_invalid): nobody can connect to it.
SELECT d.datname::text                                            AS name,
       d.datistemplate                                            AS is_template,
       d.datallowconn                                             AS allows_connections,
       d.datconnlimit = -2                                        AS is_broken,
       CASE WHEN d.datconnlimit <> -2
             AND (pg_catalog.has_database_privilege(d.oid, 'CONNECT')
                  OR pg_catalog.pg_has_role('pg_read_all_stats', 'USAGE'))
            THEN pg_catalog.pg_database_size(d.oid) END           AS bytes
  FROM pg_catalog.pg_database d
 ORDER BY d.datname
