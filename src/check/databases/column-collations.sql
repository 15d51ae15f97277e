-- Collations of the system (those in pg_catalog) that this database's columns, domains and expressions use, with an
-- example. Those of users are created on the target like everything else.
WITH used AS (
    SELECT a.attcollation AS oid, pg_catalog.format('%I.%I', n.nspname, c.relname) AS example
      FROM pg_catalog.pg_attribute a
      JOIN pg_catalog.pg_class c ON c.oid = a.attrelid
      JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
     WHERE a.attcollation NOT IN (0, 100) AND NOT a.attisdropped
     UNION ALL
    SELECT t.typcollation, pg_catalog.format('%I.%I', n.nspname, t.typname)
      FROM pg_catalog.pg_type t
      JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
     WHERE t.typcollation NOT IN (0, 100)
     UNION ALL
    SELECT d.refobjid, pg_catalog.pg_describe_object(d.classid, d.objid, 0)
      FROM pg_catalog.pg_depend d
     WHERE d.refclassid = 'pg_catalog.pg_collation'::pg_catalog.regclass AND d.deptype = 'n' AND d.refobjid <> 100
)
SELECT l.collname::text AS name, l.collprovider AS provider, pg_catalog.min(u.example) AS example, pg_catalog.count(*) AS uses
  FROM used u
  JOIN pg_catalog.pg_collation l ON l.oid = u.oid
  JOIN pg_catalog.pg_namespace n ON n.oid = l.collnamespace
 WHERE n.nspname = 'pg_catalog'
 GROUP BY 1, 2
 ORDER BY 1
