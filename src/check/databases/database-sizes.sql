-- Databases that a migration of the whole server moves, the largest first, and the replication slots that are free. The
-- size of a database is for those who may connect to it.
SELECT d.datname::text AS name,
       d.datistemplate AS template,
       CASE WHEN pg_catalog.has_database_privilege(d.oid, 'CONNECT') THEN pg_catalog.pg_database_size(d.oid) END AS bytes,
       pg_catalog.current_setting('max_replication_slots')::int4
         - (SELECT pg_catalog.count(*) FROM pg_catalog.pg_replication_slots)                                   AS free_slots
  FROM pg_catalog.pg_database d
 WHERE d.datallowconn AND NOT d.datistemplate AND d.datconnlimit <> -2
 ORDER BY 3 DESC NULLS LAST, 1
