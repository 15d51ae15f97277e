-- What the catalogs say about the session's user; read only, and everybody may ask.
SELECT r.rolname::text                                                               AS user,
       r.rolsuper                                                                    AS superuser,
       r.rolcreaterole                                                               AS createrole,
       r.rolcreatedb                                                                 AS createdb,
       r.rolreplication                                                              AS replication,
       r.rolbypassrls                                                                AS bypassrls,
       pg_catalog.pg_is_in_recovery()                                                AS recovering,
       pg_catalog.has_database_privilege(pg_catalog.current_database(), 'CREATE')    AS create_in_database,
       pg_catalog.has_database_privilege(pg_catalog.current_database(), 'TEMP')      AS temporary,
       pg_catalog.pg_has_role('pg_signal_backend', 'USAGE')                          AS signal_backend,
       -- From 16 on.
       EXISTS (SELECT FROM pg_catalog.pg_roles s
                WHERE s.rolname = 'pg_create_subscription'
                  AND pg_catalog.pg_has_role(s.oid, 'USAGE'))                        AS create_subscription,
       pg_catalog.has_column_privilege('pg_catalog.pg_authid', 'rolpassword', 'SELECT') AS reads_authid,
       pg_catalog.has_column_privilege('pg_catalog.pg_shadow', 'passwd', 'SELECT')   AS reads_shadow,
       ARRAY(SELECT t.spcname::text
               FROM pg_catalog.pg_tablespace t
              WHERE t.spcname <> 'pg_global'
                AND pg_catalog.has_tablespace_privilege(t.oid, 'CREATE')
              ORDER BY t.spcname)                                                    AS tablespaces
  FROM pg_catalog.pg_roles r
 WHERE r.rolname = CURRENT_USER
