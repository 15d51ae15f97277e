-- Tablespaces beside PostgreSQL's own, and the databases that have something in them.
SELECT t.spcname::text                                            AS name,
       pg_catalog.pg_get_userbyid(t.spcowner)::text               AS owner,
       pg_catalog.pg_tablespace_location(t.oid)                   AS location,
       COALESCE(t.spcoptions, '{}')                               AS options,
       t.spcacl::text                                             AS acl,
       ARRAY(SELECT d.datname::text
               FROM pg_catalog.pg_database d
              WHERE d.oid IN (SELECT pg_catalog.pg_tablespace_databases(t.oid))
              ORDER BY 1)                                         AS databases
  FROM pg_catalog.pg_tablespace t
 WHERE t.spcname !~ '^pg_'
 ORDER BY t.spcname
