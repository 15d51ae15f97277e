-- Foreign keys to tables of extensions: they are there before any row is, since the extension makes them together with its
-- tables (processExtensionTables in pg_dump.c).
SELECT DISTINCT k.conrelid::int8 AS "from", k.confrelid::int8 AS "to"
  FROM pg_catalog.pg_constraint k
  JOIN pg_catalog.pg_depend d
    ON d.classid = 'pg_catalog.pg_class'::regclass AND d.objid = k.confrelid
   AND d.refclassid = 'pg_catalog.pg_extension'::regclass AND d.deptype = 'e'
 WHERE k.contype = 'f' AND k.conrelid <> k.confrelid
