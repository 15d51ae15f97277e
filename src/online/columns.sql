-- Columns of tables, with what ADD COLUMN takes to make them anew. `missing` is what the rows have that were there when the
-- column was added with a default: it was evaluated once, and is not to be evaluated again (heap.c, StoreAttrMissingVal).
-- It is gone once the table is rewritten; a partitioned table has none, but its partitions have.
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
    CASE c.relkind WHEN 'r' THEN (a.attmissingval::text::text[])[1] ELSE (
        SELECT pg_catalog.min((l.attmissingval::text::text[])[1])
        FROM pg_catalog.pg_partition_tree(c.oid) p
        JOIN pg_catalog.pg_attribute l ON l.attrelid = p.relid AND l.attname = a.attname
        WHERE p.isleaf
        HAVING pg_catalog.bool_and(l.atthasmissing) AND pg_catalog.count(DISTINCT l.attmissingval::text) = 1
    ) END AS missing,
    -- Whether the default is the same whenever and wherever it is evaluated: it calls nothing that is not immutable.
    d.adbin::text !~ '\{(SQLVALUEFUNCTION|NEXTVALUEEXPR|COERCEVIAIO) ' AND NOT EXISTS (
        SELECT FROM pg_catalog.regexp_matches(d.adbin::text, ':(?:funcid|opfuncid) (\d+)', 'g') called (oid)
        JOIN pg_catalog.pg_proc f ON f.oid = called.oid[1]::oid
        WHERE f.provolatile <> 'i'
    ) AS constant,
    -- Of a serial or an identity column.
    (
        SELECT pg_catalog.array_agg(sn.nspname || '.' || s.relname)
        FROM pg_catalog.pg_depend o
        JOIN pg_catalog.pg_class s ON s.oid = o.objid AND s.relkind = 'S'
        JOIN pg_catalog.pg_namespace sn ON sn.oid = s.relnamespace
        WHERE o.classid = 'pg_catalog.pg_class'::regclass AND o.refclassid = o.classid
            AND o.refobjid = a.attrelid AND o.refobjsubid = a.attnum AND o.deptype IN ('a', 'i')
    ) AS sequences
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
