-- Sequences that have used up most of what they, or the integer column that they feed, can give. Those that cycle start anew.
SELECT s.schemaname::text AS schema,
       s.sequencename::text AS name,
       s.last_value::text AS last_value,
       used.end_value::text AS end_value,
       (s.last_value - s.start)::float8 / NULLIF(used.end_value - s.start, 0)::float8 AS used,
       own.column AS column,
       own.column_type AS column_type,
       s.type::text AS type,
       s.readable
  FROM (SELECT n.nspname AS schemaname, c.relname AS sequencename, c.oid, q.seqcycle,
               q.seqtypid::regtype AS type, q.seqincrement > 0 AS ascending,
               CASE WHEN q.seqincrement > 0 THEN q.seqmax ELSE q.seqmin END::numeric AS limit_value,
               CASE WHEN q.seqincrement > 0 THEN q.seqmin ELSE q.seqmax END::numeric AS start,
               pg_catalog.has_sequence_privilege(c.oid, 'SELECT, USAGE') AS readable,
               CASE WHEN pg_catalog.has_sequence_privilege(c.oid, 'SELECT, USAGE')
                    THEN pg_catalog.pg_sequence_last_value(c.oid) END::numeric AS last_value
          FROM pg_catalog.pg_sequence q
          JOIN pg_catalog.pg_class c ON c.oid = q.seqrelid
          JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
         WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema') s
  LEFT JOIN LATERAL (
    SELECT a.attrelid::regclass::text || '.' || a.attname AS column,
           pg_catalog.format_type(a.atttypid, NULL) AS column_type,
           CASE a.atttypid WHEN 'int2'::regtype THEN 32767 WHEN 'int4'::regtype THEN 2147483647 END::numeric AS largest
      FROM pg_catalog.pg_depend d
      JOIN pg_catalog.pg_attribute a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid
     WHERE d.classid = 'pg_catalog.pg_class'::regclass AND d.objid = s.oid
       AND d.refclassid = 'pg_catalog.pg_class'::regclass AND d.deptype IN ('a', 'i')
     LIMIT 1) own ON true
 CROSS JOIN LATERAL (
    SELECT CASE WHEN s.ascending THEN LEAST(s.limit_value, own.largest)
                ELSE GREATEST(s.limit_value, -own.largest - 1) END AS end_value) used
 WHERE NOT s.readable
    OR (NOT s.seqcycle AND s.last_value IS NOT NULL
        AND (s.last_value - s.start) / NULLIF(used.end_value - s.start, 0) > 0.75)
 ORDER BY 5 DESC NULLS LAST, 1, 2
