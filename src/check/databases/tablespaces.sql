-- Tablespaces that somebody has made, and how much of this database lies in each. Relations without one of their own lie
-- in the database's.
SELECT t.spcname::text                                        AS name,
       pg_catalog.pg_tablespace_location(t.oid)               AS location,
       (SELECT pg_catalog.count(*)
          FROM pg_catalog.pg_class c
         WHERE c.reltablespace = t.oid
           AND c.relkind <> 't')                              AS here
  FROM pg_catalog.pg_tablespace t
 WHERE t.spcname !~ '^pg_'
 ORDER BY 1
