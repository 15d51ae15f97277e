-- Foreign keys between two tables, and why the one that refers is not published, where that shows here: it is
-- unlogged, or an extension's.
SELECT k.conname::text AS constraint,
       n.nspname::text AS schema,
       c.relname::text AS name,
       c.oid::int8 AS oid,
       rn.nspname::text AS to_schema,
       rc.relname::text AS to_name,
       rc.oid::int8 AS to_oid,
       CASE WHEN c.relpersistence = 'u' THEN 'unlogged'
            WHEN EXISTS (SELECT FROM pg_catalog.pg_depend d
                          WHERE d.classid = 'pg_catalog.pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')
            THEN 'a table of an extension'
       END AS unpublished
  FROM pg_catalog.pg_constraint k
  JOIN pg_catalog.pg_class c ON c.oid = k.conrelid
  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
  JOIN pg_catalog.pg_class rc ON rc.oid = k.confrelid AND rc.relpersistence = 'p'
  JOIN pg_catalog.pg_namespace rn ON rn.oid = rc.relnamespace
 WHERE k.contype = 'f' AND k.conrelid <> k.confrelid
   AND NOT c.relispartition AND NOT rc.relispartition
   AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
 ORDER BY n.nspname, c.relname, k.conname
