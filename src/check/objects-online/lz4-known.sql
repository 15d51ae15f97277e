-- Whether the server was built with lz4.
SELECT 'lz4' = ANY (s.enumvals) AS known FROM pg_catalog.pg_settings s WHERE s.name = 'default_toast_compression'
