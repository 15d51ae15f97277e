-- Comments on the large objects of the range $1..$2, and their security labels (those have a provider).
SELECT d.objoid::text AS oid, NULL::text AS provider, d.description AS text
  FROM pg_catalog.pg_description d
 WHERE d.classoid = 'pg_catalog.pg_largeobject'::regclass AND d.objoid BETWEEN $1::oid AND $2::oid
UNION ALL
SELECT l.objoid::text, l.provider, l.label
  FROM pg_catalog.pg_seclabel l
 WHERE l.classoid = 'pg_catalog.pg_largeobject'::regclass AND l.objoid BETWEEN $1::oid AND $2::oid
