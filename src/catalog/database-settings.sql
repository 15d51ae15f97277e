-- ALTER DATABASE ... SET, and ALTER ROLE ... IN DATABASE ... SET, of this database, as name=value.
SELECT r.rolname::text AS role, s.setting
  FROM pg_catalog.pg_db_role_setting o
  JOIN pg_catalog.pg_database d ON d.oid = o.setdatabase
  LEFT JOIN pg_catalog.pg_roles r ON r.oid = o.setrole
 CROSS JOIN LATERAL unnest(o.setconfig) WITH ORDINALITY AS s (setting, position)
 WHERE d.datname = pg_catalog.current_database() AND (o.setrole = 0 OR r.oid IS NOT NULL)
 ORDER BY r.rolname NULLS FIRST, s.position
