-- The time zones that sessions begin with: the server's, and those that databases and roles have of their own.
SELECT DISTINCT z.name
  FROM (SELECT s.reset_val AS name
          FROM pg_catalog.pg_settings s
         WHERE s.name = 'TimeZone'
         UNION ALL
        SELECT pg_catalog.substr(c, pg_catalog.strpos(c, '=') + 1)
          FROM pg_catalog.pg_db_role_setting o, pg_catalog.unnest(o.setconfig) c
         WHERE c ILIKE 'timezone=%') z
 ORDER BY 1
