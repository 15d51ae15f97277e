-- Constraints that were never checked against all rows. Not those that are not enforced (18): they are meant to be so.
SELECT n.nspname::text                                                             AS schema,
       CASE WHEN t.oid IS NULL THEN 'TABLE ' ELSE 'DOMAIN ' END
         || pg_catalog.format('%I.%I', n.nspname, COALESCE(c.relname, t.typname))  AS owner,
       pg_catalog.format('%I.%I', n.nspname, COALESCE(c.relname, t.typname))       AS name,
       k.conname::text                                                             AS constraint
  FROM pg_catalog.pg_constraint k
  JOIN pg_catalog.pg_namespace n ON n.oid = k.connamespace
  LEFT JOIN pg_catalog.pg_class c ON c.oid = k.conrelid
  LEFT JOIN pg_catalog.pg_type t ON t.oid = k.contypid
 WHERE NOT k.convalidated AND k.coninhcount = 0 AND COALESCE(pg_catalog.to_jsonb(k) ->> 'conenforced', 'true') = 'true'
   AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
 ORDER BY 2, 4
