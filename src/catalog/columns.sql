-- Columns of the relations in $1 (an array of OIDs), in the table's order.
-- From PostgreSQL 18 on attnotnull is also set for a NOT NULL that was never validated: such a column may hold NULL.
SELECT a.attrelid::int8                                  AS table_oid,
       a.attname::text                                   AS name,
       a.atttypid::int8                                  AS type_oid,
       pg_catalog.format_type(a.atttypid, a.atttypmod)   AS type,
       a.attgenerated::text                              AS generated,
       a.attidentity::text                               AS identity,
       a.attnotnull AND NOT EXISTS (SELECT
                                      FROM pg_catalog.pg_constraint k
                                     WHERE k.conrelid = a.attrelid AND k.contype = 'n'
                                       AND k.conkey[1] = a.attnum AND NOT k.convalidated) AS not_null
  FROM unnest($1::oid[]) AS t (oid)
  JOIN pg_catalog.pg_attribute a ON a.attrelid = t.oid
 WHERE a.attnum > 0 AND NOT a.attisdropped
 ORDER BY a.attrelid, a.attnum
