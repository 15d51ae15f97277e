-- What the target can store tables with: its access methods, and extensions that it could install.
SELECT a.amname::text AS name FROM pg_catalog.pg_am a WHERE a.amtype = 't'
 UNION ALL
SELECT 'extension ' || e.name FROM pg_catalog.pg_available_extensions e
