-- Security labels of this database itself, by provider.
SELECT l.provider, l.label
  FROM pg_catalog.pg_shseclabel l
  JOIN pg_catalog.pg_database d ON d.oid = l.objoid
 WHERE l.classoid = 'pg_catalog.pg_database'::regclass AND d.datname = pg_catalog.current_database()
 ORDER BY l.provider COLLATE "C"
