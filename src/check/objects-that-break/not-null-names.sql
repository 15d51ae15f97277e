-- Constraints that bear the name which a later major gives to a NOT NULL: 18 to a column's, <table>_<column>_not_null, which is taken for
-- what is made later than its table (keys, foreign keys, exclusions, NOT VALID checks); 17 to a domain's, <domain>_not_null.
SELECT n.nspname::text                                                        AS schema,
       pg_catalog.format('%I.%I', n.nspname, c.relname)                       AS name,
       'TABLE'                                                                AS kind,
       k.conname::text                                                        AS constraint,
       18                                                                     AS since
  FROM pg_catalog.pg_constraint k
  JOIN pg_catalog.pg_class c ON c.oid = k.conrelid
  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
  JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attnotnull
   AND k.conname = c.relname || '_' || a.attname || '_not_null'
 WHERE (k.contype IN ('p', 'u', 'x', 'f') OR k.contype = 'c' AND NOT k.convalidated)
   AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
UNION ALL
SELECT n.nspname::text, pg_catalog.format('%I.%I', n.nspname, t.typname), 'DOMAIN', k.conname::text, 17
  FROM pg_catalog.pg_constraint k
  JOIN pg_catalog.pg_type t ON t.oid = k.contypid AND t.typnotnull AND k.conname = t.typname || '_not_null'
  JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace
 WHERE k.contype = 'c' AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
 ORDER BY 2, 4
