-- Publications that leave out rows or columns of a table.
SELECT p.pubname::text AS name,
       pg_catalog.array_agg(n.nspname || '.' || c.relname ORDER BY n.nspname, c.relname) AS tables
  FROM pg_catalog.pg_publication p
  JOIN pg_catalog.pg_publication_rel r ON r.prpubid = p.oid AND (r.prqual IS NOT NULL OR r.prattrs IS NOT NULL)
  JOIN pg_catalog.pg_class c ON c.oid = r.prrelid
  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
 WHERE p.pubname !~ '^pgleap'
 GROUP BY p.pubname
 ORDER BY p.pubname
