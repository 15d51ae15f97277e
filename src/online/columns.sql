-- Columns of tables, with what ADD COLUMN takes to make them anew. `missing` is what the rows have that were there when the
-- column was added with a default: it was evaluated once, and is not to be evaluated again (heap.c, StoreAttrMissingVal).
SELECT
    n.nspname::text AS schema,
    c.relname::text AS "table",
    a.attname::text AS name,
    pg_catalog.format_type(a.atttypid, a.atttypmod) AS type,
    CASE WHEN a.attcollation <> t.typcollation THEN pg_catalog.format('%I.%I', cn.nspname, co.collname) END AS collation,
    a.attnotnull AS not_null,
    a.attidentity::text AS identity,
    coalesce(pg_catalog.to_jsonb(a) ->> 'attgenerated', '') AS generated,
    pg_catalog.pg_get_expr(d.adbin, d.adrelid) AS "default",
    CASE WHEN a.atthasmissing THEN (a.attmissingval::text::text[])[1] END AS missing,
    a.atthasmissing AS has_missing
FROM pg_catalog.pg_class c
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
    -- Those of a parent come with the parent's.
    AND a.attinhcount = 0
JOIN pg_catalog.pg_type t ON t.oid = a.atttypid
LEFT JOIN pg_catalog.pg_collation co ON co.oid = a.attcollation
LEFT JOIN pg_catalog.pg_namespace cn ON cn.oid = co.collnamespace
LEFT JOIN pg_catalog.pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
WHERE c.relkind IN ('r', 'p') AND c.relpersistence <> 't'
    AND n.nspname !~ '^pg_' AND n.nspname NOT IN ('information_schema', 'pgleap', 'pgleap_online')
ORDER BY n.nspname, c.relname, a.attnum
