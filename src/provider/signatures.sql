-- Which of the roles, databases, schemas, settings and functions are here that give a provider away, and whether the
-- session's user is a superuser. $1 to $5 are lists of names; in psql: \bind '{rdsadmin}' '{}' '{}' '{rds.extensions}' '{}'
SELECT kind, name, value
  FROM (SELECT 'role' AS kind, r.rolname::pg_catalog.text AS name, NULL AS value
          FROM pg_catalog.pg_roles r
         WHERE r.rolname = ANY ($1::pg_catalog.text[])
        UNION ALL
        SELECT 'database', d.datname::pg_catalog.text, NULL
          FROM pg_catalog.pg_database d
         WHERE d.datname = ANY ($2::pg_catalog.text[])
        UNION ALL
        SELECT 'schema', n.nspname::pg_catalog.text, NULL
          FROM pg_catalog.pg_namespace n
         WHERE n.nspname = ANY ($3::pg_catalog.text[])
        UNION ALL
        SELECT 'setting', s.name, pg_catalog.current_setting(s.name, true)
          FROM pg_catalog.unnest($4::pg_catalog.text[]) AS s (name)
         WHERE pg_catalog.current_setting(s.name, true) IS NOT NULL
        UNION ALL
        SELECT 'function', p.proname::pg_catalog.text, NULL
          FROM pg_catalog.pg_proc p
          JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
         WHERE n.nspname = 'pg_catalog'
           AND p.proname = ANY ($5::pg_catalog.text[])
        UNION ALL
        SELECT 'superuser', r.rolname::pg_catalog.text, NULL
          FROM pg_catalog.pg_roles r
         WHERE r.rolname = CURRENT_USER
           AND r.rolsuper) AS found
