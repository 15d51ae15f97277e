-- Temporary tables that sessions have now.
SELECT count(*)::int4 AS tables,
       count(DISTINCT c.relnamespace)::int4 AS sessions
  FROM pg_catalog.pg_class c
 WHERE c.relpersistence = 't' AND c.relkind = 'r'
