-- Collations of this database's columns and indexes, whose rules of order are no longer those
-- of the version that the server has written down: after an upgrade of the operating system or of ICU.
WITH used AS (
    SELECT a.attcollation AS oid, pg_catalog.min(pg_catalog.format('%I.%I', n.nspname, c.relname)) AS example
      FROM pg_catalog.pg_attribute a
      JOIN pg_catalog.pg_class c ON c.oid = a.attrelid AND c.relkind IN ('r', 'm', 'i', 'p', 'I')
      JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
     WHERE a.attcollation NOT IN (0, 100) AND NOT a.attisdropped
     GROUP BY 1
)
SELECT 'collation'                                                  AS kind,
       pg_catalog.format('%I.%I', n.nspname, c.collname)            AS name,
       c.collversion                                                AS recorded,
       pg_catalog.pg_collation_actual_version(c.oid)                AS actual,
       u.example                                                    AS example
  FROM used u
  JOIN pg_catalog.pg_collation c ON c.oid = u.oid
  JOIN pg_catalog.pg_namespace n ON n.oid = c.collnamespace
 WHERE c.collversion <> pg_catalog.pg_collation_actual_version(c.oid)
 ORDER BY 1, 2
