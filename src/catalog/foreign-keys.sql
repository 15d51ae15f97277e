-- Foreign keys of the relations in $1. A row with a parent was made by PostgreSQL for a partition; it is never written
-- out as a statement of its own.
SELECT k.oid::int8                               AS oid,
       k.conname::text                           AS name,
       k.conrelid::int8                          AS table_oid,
       k.confrelid::int8                         AS referenced_oid,
       k.convalidated                            AS is_validated,
       k.conenforced                             AS is_enforced,
       k.conperiod                               AS is_temporal,
       k.conparentid <> 0                        AS is_inherited,
       c.relkind = 'r' AND NOT c.relispartition
         AND f.relkind = 'r' AND NOT f.relispartition
         AND k.conparentid = 0                   AS is_plain,
       pg_catalog.pg_get_constraintdef(k.oid)    AS definition
  FROM unnest($1::oid[]) AS t (oid)
  JOIN pg_catalog.pg_constraint k ON k.conrelid = t.oid
  JOIN pg_catalog.pg_class c ON c.oid = k.conrelid
  JOIN pg_catalog.pg_class f ON f.oid = k.confrelid
 WHERE k.contype = 'f'
 ORDER BY k.oid
