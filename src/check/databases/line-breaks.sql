-- Names with a carriage return or a line feed.
SELECT 'database' AS kind, d.datname::text AS name FROM pg_catalog.pg_database d WHERE d.datname ~ '[\n\r]'
UNION ALL
SELECT 'role', r.rolname::text FROM pg_catalog.pg_roles r WHERE r.rolname ~ '[\n\r]'
UNION ALL
SELECT 'tablespace', t.spcname::text FROM pg_catalog.pg_tablespace t WHERE t.spcname ~ '[\n\r]'
 ORDER BY 1, 2
