-- Columns (and functions, for types that are gone) of the user's whose values do not mean the same on another server:
-- directly, or through domains, arrays, ranges and row types. Inherited columns are reported at their parent.
WITH RECURSIVE leaf AS (
  SELECT t.oid, t.typname::text AS type,
         CASE WHEN t.typtype = 'c' THEN 'row'
              WHEN t.typname IN ('abstime', 'reltime', 'tinterval', 'smgr', 'opaque') THEN 'removed'
              WHEN t.typname LIKE 'reg%' THEN 'name'
              WHEN t.typname = 'oid' THEN 'oid'
              ELSE 'position' END AS kind
    FROM pg_catalog.pg_type t
    JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace
   WHERE n.nspname IN ('pg_catalog', 'information_schema') AND t.typtype = 'c'
      OR n.nspname = 'pg_catalog'
     AND t.typname IN ('abstime', 'reltime', 'tinterval', 'smgr', 'opaque', 'oid', 'xid', 'xid8', 'cid', 'tid', 'pg_lsn',
                       'txid_snapshot', 'pg_snapshot', 'regproc', 'regprocedure', 'regoper', 'regoperator', 'regclass',
                       'regcollation', 'regconfig', 'regdictionary', 'regnamespace', 'regrole', 'regtype')
), inside (outermost, oid) AS (
  -- Each type of a column, and what it is made of.
  SELECT DISTINCT a.atttypid, a.atttypid
    FROM pg_catalog.pg_attribute a
   WHERE a.attrelid >= 16384 AND a.attnum > 0 AND NOT a.attisdropped
   UNION
  SELECT i.outermost, part.oid
    FROM inside i
   CROSS JOIN LATERAL (
           SELECT t.typbasetype FROM pg_catalog.pg_type t WHERE t.oid = i.oid AND t.typtype = 'd'
           UNION ALL
           SELECT t.typelem FROM pg_catalog.pg_type t WHERE t.oid = i.oid AND t.typelem <> 0 AND t.typlen = -1
           UNION ALL
           SELECT r.rngsubtype FROM pg_catalog.pg_range r WHERE r.rngtypid = i.oid
           UNION ALL
           SELECT a.atttypid
             FROM pg_catalog.pg_type t
             JOIN pg_catalog.pg_attribute a ON a.attrelid = t.typrelid AND a.attnum > 0 AND NOT a.attisdropped
            WHERE t.oid = i.oid AND t.oid >= 16384 AND t.typtype = 'c') part (oid)
), carrier (oid, type, kind) AS (
  SELECT i.outermost, l.type, l.kind FROM inside i JOIN leaf l ON l.oid = i.oid
)
SELECT n.nspname::text                                                        AS schema,
       pg_catalog.format('%I.%I.%I', n.nspname, c.relname, a.attname)         AS name,
       pg_catalog.format_type(a.atttypid, a.atttypmod)                        AS declared,
       k.type                                                                 AS type,
       k.kind                                                                 AS kind,
       EXISTS (SELECT FROM pg_catalog.pg_largeobject_metadata)                AS has_large_objects
  FROM carrier k
  JOIN pg_catalog.pg_attribute a ON a.atttypid = k.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attinhcount = 0
   -- Most often there is none: not every column of the database has to be sorted to find that.
   AND a.atttypid = ANY (ARRAY(SELECT one.oid FROM carrier one))
  JOIN pg_catalog.pg_class c ON c.oid = a.attrelid AND NOT c.relispartition
  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
 WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
   AND (c.relkind IN ('r', 'p') OR k.kind = 'removed' AND c.relkind IN ('v', 'm', 'c', 'f'))
   AND NOT EXISTS (SELECT
                     FROM pg_catalog.pg_depend d
                    WHERE d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.objid = c.oid AND d.deptype = 'e')
UNION ALL
SELECT n.nspname::text, 'function ' || p.oid::pg_catalog.regprocedure::text, l.type, l.type, l.kind, false
  FROM leaf l
  JOIN pg_catalog.pg_proc p ON l.oid = p.prorettype OR l.oid = ANY (p.proargtypes)
  JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
 WHERE l.kind = 'removed' AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
   AND NOT EXISTS (SELECT
                     FROM pg_catalog.pg_depend d
                    WHERE d.classid = 'pg_catalog.pg_proc'::pg_catalog.regclass AND d.objid = p.oid AND d.deptype = 'e')
 ORDER BY 2, 4
