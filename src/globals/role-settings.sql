-- ALTER ROLE ... SET: of a role, of a role in one database, and of all roles (no role, no database), as name=value. What
-- ALTER DATABASE sets belongs to the database.
SELECT d.datname::text AS database,
       r.rolname::text AS role,
       s.setting
  FROM pg_catalog.pg_db_role_setting o
  LEFT JOIN pg_catalog.pg_database d ON d.oid = o.setdatabase
  LEFT JOIN pg_catalog.pg_roles r ON r.oid = o.setrole
 CROSS JOIN LATERAL pg_catalog.unnest(o.setconfig) WITH ORDINALITY AS s (setting, position)
 WHERE (o.setdatabase = 0 OR d.oid IS NOT NULL)
   AND (CASE WHEN o.setrole = 0 THEN o.setdatabase = 0 ELSE r.oid IS NOT NULL END)
 ORDER BY r.rolname NULLS FIRST, d.datname NULLS FIRST, s.position
