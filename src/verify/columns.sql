-- Columns of the tables in $1 (an array of OIDs), in the table's order, with what their values are made of: the name of
-- the built-in type below any domain, and NULL where that is no built-in type (extensions', composites, enums ...).
WITH RECURSIVE base (type_oid, base_oid) AS (
  SELECT t.oid, t.typbasetype
    FROM pg_catalog.pg_type t
   WHERE t.typtype = 'd'
   UNION ALL
  SELECT b.type_oid, t.typbasetype
    FROM base b
    JOIN pg_catalog.pg_type t ON t.oid = b.base_oid
   WHERE t.typtype = 'd'
)
SELECT a.attrelid::int8                                 AS table_oid,
       a.attname::text                                  AS name,
       CASE WHEN t.oid < 16384 THEN t.typname::text END AS built_in
  FROM unnest($1::oid[]) AS o (oid)
  JOIN pg_catalog.pg_attribute a ON a.attrelid = o.oid
  LEFT JOIN base b ON b.type_oid = a.atttypid
        AND EXISTS (SELECT FROM pg_catalog.pg_type e WHERE e.oid = b.base_oid AND e.typtype <> 'd')
  JOIN pg_catalog.pg_type t ON t.oid = COALESCE(b.base_oid, a.atttypid)
 WHERE a.attnum > 0 AND NOT a.attisdropped
 ORDER BY a.attrelid, a.attnum
