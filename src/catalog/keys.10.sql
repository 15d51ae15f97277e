-- Unique indexes over plain columns of the relations in $1, the best first: the primary key, then the narrowest.
-- Up to PostgreSQL 10: no INCLUDE columns.
SELECT i.indrelid::int8 AS table_oid,
       ARRAY(SELECT a.attname::text
               FROM unnest(i.indkey::int2[]) WITH ORDINALITY AS k (attnum, position)
               JOIN pg_catalog.pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.attnum
              WHERE k.position <= i.indnatts
              ORDER BY k.position) AS columns
  FROM unnest($1::oid[]) AS t (oid)
  JOIN pg_catalog.pg_index i ON i.indrelid = t.oid
 WHERE i.indisunique AND i.indisvalid AND i.indpred IS NULL AND i.indexprs IS NULL
 ORDER BY i.indrelid, i.indisprimary DESC, i.indnatts, i.indexrelid
