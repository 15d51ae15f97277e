-- Every table of the user's that logical replication could publish, and what its replica identity is or could be.
-- `key` is the index that is the identity in effect (relcache.c, RelationGetIndexList: valid, immediate, over plain
-- columns); where there is one, nothing more is asked about the table. Sizes and row counts are the statistics' ones: no
-- lock is taken, and a table that was never analyzed has none.
-- Up to PostgreSQL 11: no generated columns, and partitions are published each by itself.
WITH RECURSIVE tables AS (
  SELECT c.oid, n.nspname, c.relname, c.relkind, c.relreplident, c.reltuples, c.relpages, c.reltoastrelid,
         NULL::oid AS root
    FROM pg_catalog.pg_class c
    JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
   WHERE c.relkind = 'r'
     AND c.relpersistence = 'p'
     AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
     AND c.oid NOT IN (SELECT d.objid FROM pg_catalog.pg_depend d
                        WHERE d.classid = 'pg_catalog.pg_class'::regclass AND d.deptype = 'e')
), generated AS (
  SELECT a.attrelid, a.attnum FROM pg_catalog.pg_attribute a WHERE false
), key_columns AS (
  -- Without those that are only included (INCLUDE): there is an operator class for each of the others.
  SELECT i.*, (i.indkey::int2[])[0:pg_catalog.array_length(i.indclass::oid[], 1) - 1] AS attnums
    FROM pg_catalog.pg_index i
), keys AS (
  SELECT t.oid, i.indexrelid
    FROM tables t
    JOIN key_columns i
      ON i.indrelid = t.oid
     AND i.indisunique AND i.indisvalid AND i.indimmediate AND i.indpred IS NULL AND i.indexprs IS NULL
     AND CASE t.relreplident WHEN 'd' THEN i.indisprimary WHEN 'i' THEN i.indisreplident ELSE false END
   WHERE NOT EXISTS (SELECT FROM generated g WHERE g.attrelid = t.oid AND g.attnum = ANY (i.attnums))
), without AS (
  SELECT t.* FROM tables t WHERE t.oid NOT IN (SELECT k.oid FROM keys k)
), columns AS (
  SELECT a.attrelid, a.attnum, a.attname, a.atttypid, a.attnotnull
    FROM without w
    JOIN pg_catalog.pg_attribute a ON a.attrelid = w.oid AND a.attnum > 0 AND NOT a.attisdropped
), indexes AS (
  SELECT i.indrelid,
         pg_catalog.json_agg(pg_catalog.json_build_object(
           'name', ic.relname,
           'columns', ARRAY(SELECT a.attname
                              FROM unnest(i.attnums) WITH ORDINALITY AS k (attnum, position)
                              JOIN pg_catalog.pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.attnum
                             ORDER BY k.position),
           'method', am.amname,
           'unique', i.indisunique,
           'primary', i.indisprimary,
           'identity', i.indisreplident,
           'valid', i.indisvalid,
           'immediate', i.indimmediate,
           'partial', i.indpred IS NOT NULL,
           'expressions', i.indexprs IS NOT NULL,
           'leading', i.indkey[0] <> 0,
           'nullable', EXISTS (SELECT FROM pg_catalog.pg_attribute a
                                WHERE a.attrelid = i.indrelid AND a.attnum = ANY (i.attnums)
                                  AND a.attnum > 0 AND NOT a.attnotnull),
           'generated', EXISTS (SELECT FROM generated g
                                 WHERE g.attrelid = i.indrelid AND g.attnum = ANY (i.attnums)))
           ORDER BY i.indisprimary DESC, i.indnatts, ic.relname) AS list
    FROM without w
    JOIN key_columns i ON i.indrelid = w.oid
    JOIN pg_catalog.pg_class ic ON ic.oid = i.indexrelid
    JOIN pg_catalog.pg_am am ON am.oid = ic.relam
   WHERE i.indisunique OR am.amname IN ('btree', 'hash')
   GROUP BY i.indrelid
), made_of (whole, type) AS (
  -- The apply worker compares whole rows by the types' default equality (execReplication.c, tuples_equal; typcache.c,
  -- lookup_type_cache): a type has it by a default btree or hash operator class of its own or of the type that it is
  -- binary coercible to. An array, a domain or a composite type has it where all that it is made of has.
  SELECT DISTINCT c.atttypid, c.atttypid FROM columns c
  UNION
  SELECT m.whole, part.type
    FROM made_of m
    JOIN pg_catalog.pg_type t ON t.oid = m.type
   CROSS JOIN LATERAL (
     SELECT t.typbasetype AS type WHERE t.typtype = 'd'
      UNION ALL
     SELECT e.oid FROM pg_catalog.pg_type e WHERE e.oid = t.typelem AND e.typarray = t.oid
      UNION ALL
     SELECT f.atttypid FROM pg_catalog.pg_attribute f
      WHERE t.typtype = 'c' AND f.attrelid = t.typrelid AND f.attnum > 0 AND NOT f.attisdropped
   ) part
), unequal AS (
  SELECT DISTINCT m.whole
    FROM made_of m
    JOIN pg_catalog.pg_type t ON t.oid = m.type
   WHERE t.typtype = 'b'
     AND NOT EXISTS (SELECT FROM pg_catalog.pg_type e WHERE e.oid = t.typelem AND e.typarray = t.oid)
     AND NOT EXISTS (SELECT
                       FROM pg_catalog.pg_opclass o
                       JOIN pg_catalog.pg_am am ON am.oid = o.opcmethod AND am.amname IN ('btree', 'hash')
                      WHERE o.opcdefault
                        AND (o.opcintype = t.oid
                             OR o.opcintype IN (SELECT k.casttarget FROM pg_catalog.pg_cast k
                                                 WHERE k.castsource = t.oid AND k.castmethod = 'b'
                                                   AND k.castcontext = 'i')))
), incomparable AS (
  SELECT c.attrelid,
         pg_catalog.json_agg(c.attname || ' ' || pg_catalog.format_type(c.atttypid, NULL) ORDER BY c.attnum) AS list
    FROM columns c
   WHERE c.atttypid IN (SELECT u.whole FROM unequal u)
   GROUP BY c.attrelid
), unpublished AS (
  SELECT c.attrelid, pg_catalog.json_agg(c.attname ORDER BY c.attnum) AS list
    FROM columns c
    JOIN generated g ON g.attrelid = c.attrelid AND g.attnum = c.attnum
   GROUP BY c.attrelid
)
SELECT t.oid::int8 AS oid,
       t.nspname::text AS schema,
       t.relname::text AS name,
       t.relkind::text AS kind,
       t.relreplident::text AS identity,
       t.root::int8 AS root_oid,
       key.relname::text AS key,
       COALESCE(indexes.list, '[]') AS indexes,
       COALESCE(incomparable.list, '[]') AS incomparable,
       COALESCE(unpublished.list, '[]') AS generated,
       GREATEST(t.reltuples, 0)::float8 AS rows,
       (t.relpages + COALESCE(toast.relpages, 0))::float8
         * pg_catalog.current_setting('block_size')::int4 AS bytes,
       CASE WHEN keys.oid IS NULL
            THEN pg_catalog.pg_stat_get_tuples_updated(t.oid) + pg_catalog.pg_stat_get_tuples_deleted(t.oid)
            ELSE 0 END::float8 AS changes
  FROM tables t
  LEFT JOIN keys ON keys.oid = t.oid
  LEFT JOIN pg_catalog.pg_class key ON key.oid = keys.indexrelid
  LEFT JOIN pg_catalog.pg_class toast ON toast.oid = t.reltoastrelid
  LEFT JOIN indexes ON indexes.indrelid = t.oid
  LEFT JOIN incomparable ON incomparable.attrelid = t.oid
  LEFT JOIN unpublished ON unpublished.attrelid = t.oid
 ORDER BY t.nspname, t.relname
