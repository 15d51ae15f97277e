-- Constraints that bear the name which PostgreSQL 18 gives to the NOT NULL of a column, <table>_<column>_not_null, and that are
-- made later than their table: keys, foreign keys, exclusions and NOT VALID checks find the name taken.
SELECT n.nspname::text                                                        AS schema,
       pg_catalog.format('%I.%I', n.nspname, c.relname)                       AS name,
       k.conname::text                                                        AS constraint,
       a.attname::text                                                        AS column
  FROM pg_catalog.pg_constraint k
  JOIN pg_catalog.pg_class c ON c.oid = k.conrelid
  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
  JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attnotnull
   AND k.conname = c.relname || '_' || a.attname || '_not_null'
 WHERE (k.contype IN ('p', 'u', 'x', 'f') OR k.contype = 'c' AND NOT k.convalidated)
   AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
 ORDER BY 2, 3
