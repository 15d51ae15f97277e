-- Collations of the system that can be used in this database.
SELECT c.collname::text AS name
  FROM pg_catalog.pg_collation c
  JOIN pg_catalog.pg_namespace n ON n.oid = c.collnamespace
  JOIN pg_catalog.pg_database d ON d.datname = pg_catalog.current_database()
 WHERE n.nspname = 'pg_catalog' AND c.collencoding IN (-1, d.encoding)
 ORDER BY 1
