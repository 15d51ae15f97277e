-- Comments on large objects, and their security labels (those have a provider).
SELECT d.objoid::int8 AS oid, NULL::text AS provider, d.description AS text
  FROM pg_catalog.pg_description d
 WHERE d.classoid = 'pg_catalog.pg_largeobject'::regclass
UNION ALL
SELECT l.objoid::int8, l.provider, l.label
  FROM pg_catalog.pg_seclabel l
 WHERE l.classoid = 'pg_catalog.pg_largeobject'::regclass
 ORDER BY oid, provider
