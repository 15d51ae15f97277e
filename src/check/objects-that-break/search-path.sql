-- Functions in SQL and PL/pgSQL that run while data is restored or maintained (they are in indexes, CHECK constraints, generated
-- columns, partition keys, materialized views and statistics), and names in their bodies that only a search_path finds.
-- The bodies are read as text, without comments and strings: what they build and execute is not seen.
WITH RECURSIVE root AS (
  SELECT 'pg_catalog.pg_class'::pg_catalog.regclass::pg_catalog.oid AS class, i.indexrelid AS oid,
         'index ' || i.indexrelid::pg_catalog.regclass::text AS name
    FROM pg_catalog.pg_index i
   WHERE i.indexprs IS NOT NULL OR i.indpred IS NOT NULL
  UNION ALL
  SELECT 'pg_catalog.pg_constraint'::pg_catalog.regclass, k.oid, 'constraint ' || k.conname
         || CASE WHEN k.conrelid <> 0 THEN ' of ' || k.conrelid::pg_catalog.regclass::text ELSE '' END
    FROM pg_catalog.pg_constraint k
   WHERE k.contype = 'c'
  UNION ALL
  -- A generation expression depends as its pg_attrdef, or up to 14 as the column.
  SELECT d.classid, d.objid, 'a generated column of ' || COALESCE(f.adrelid, d.objid)::pg_catalog.regclass::text
    FROM pg_catalog.pg_depend d
    LEFT JOIN pg_catalog.pg_attrdef f ON d.classid = 'pg_catalog.pg_attrdef'::pg_catalog.regclass AND f.oid = d.objid
    JOIN pg_catalog.pg_attribute a ON a.attrelid = COALESCE(f.adrelid, d.objid) AND a.attnum = COALESCE(f.adnum, d.objsubid)
   WHERE (f.oid IS NOT NULL OR d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.objsubid > 0)
     AND d.refclassid IN ('pg_catalog.pg_proc'::pg_catalog.regclass, 'pg_catalog.pg_operator'::pg_catalog.regclass)
     AND pg_catalog.to_jsonb(a) ->> 'attgenerated' <> ''
  UNION ALL
  SELECT 'pg_catalog.pg_rewrite'::pg_catalog.regclass, r.oid, 'materialized view ' || c.oid::pg_catalog.regclass::text
    FROM pg_catalog.pg_rewrite r
    JOIN pg_catalog.pg_class c ON c.oid = r.ev_class AND c.relkind = 'm' AND c.relispopulated
  UNION ALL
  SELECT 'pg_catalog.pg_class'::pg_catalog.regclass, c.oid, 'the partition key of ' || c.oid::pg_catalog.regclass::text
    FROM pg_catalog.pg_class c
   WHERE c.relkind = 'p'
  UNION ALL
  SELECT 'pg_catalog.pg_statistic_ext'::pg_catalog.regclass, s.oid, 'statistics ' || s.stxname
    FROM pg_catalog.pg_statistic_ext s
), edge (class, oid, to_class, to_oid) AS (
  SELECT d.classid, d.objid, d.refclassid, d.refobjid
    FROM pg_catalog.pg_depend d
   WHERE d.deptype IN ('n', 'a') AND d.refobjid >= 16384
     AND d.refclassid IN ('pg_catalog.pg_proc'::pg_catalog.regclass, 'pg_catalog.pg_operator'::pg_catalog.regclass)
  UNION ALL
  -- From a view to its rule, within materialized views.
  SELECT d.classid, d.objid, 'pg_catalog.pg_rewrite'::pg_catalog.regclass, r.oid
    FROM pg_catalog.pg_depend d
    JOIN pg_catalog.pg_class v ON v.oid = d.refobjid AND v.relkind = 'v'
    JOIN pg_catalog.pg_rewrite r ON r.ev_class = v.oid AND r.oid <> d.objid
   WHERE d.classid = 'pg_catalog.pg_rewrite'::pg_catalog.regclass AND d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass
), reached (root, class, oid) AS (
  SELECT name, class, oid FROM root
   UNION
  SELECT r.root, e.to_class, e.to_oid
    FROM reached r
    JOIN edge e ON e.class = r.class AND e.oid = r.oid
), candidate AS (
  -- earthdistance before 1.2 (PostgreSQL 16) is the one extension of the distribution whose own functions need a search_path.
  SELECT p.oid, p.proname, n.nspname, l.lanname, p.proconfig IS NOT NULL
         AND EXISTS (SELECT FROM unnest(p.proconfig) c (setting) WHERE c.setting ~ '^search_path=') AS has_path,
         pg_catalog.to_jsonb(p) ->> 'prosqlbody' IS NULL AS is_text,
         e.extname,
         pg_catalog.regexp_replace(p.prosrc, '--[^\n]*|/\*.*?\*/|''[^'']*''', ' ', 'g') AS body
    FROM pg_catalog.pg_proc p
    JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
    JOIN pg_catalog.pg_language l ON l.oid = p.prolang AND l.lanname IN ('sql', 'plpgsql')
    LEFT JOIN pg_catalog.pg_depend d ON d.classid = 'pg_catalog.pg_proc'::pg_catalog.regclass AND d.objid = p.oid AND d.deptype = 'e'
    LEFT JOIN pg_catalog.pg_extension e ON e.oid = d.refobjid
   WHERE n.nspname <> 'information_schema' AND p.oid >= 16384 AND (d.objid IS NULL OR e.extname = 'earthdistance')
), used (root, oid) AS (
  SELECT r.root, c.oid
    FROM reached r
    JOIN candidate c ON r.class = 'pg_catalog.pg_proc'::pg_catalog.regclass AND c.oid = r.oid
   UNION
  -- Functions that those call: by name, as far as a text tells.
  SELECT u.root, c2.oid
    FROM used u
    JOIN candidate c ON c.oid = u.oid AND c.is_text AND NOT c.has_path AND c.extname IS NULL
   CROSS JOIN LATERAL pg_catalog.regexp_matches(c.body, '(?:(?:^|[^\w$".])([a-z_][\w$]*)\.)?\m([a-z_][\w$]*)\s*\(', 'gi') AS m (names)
    JOIN candidate c2 ON c2.proname = pg_catalog.lower(m.names[2]) AND (m.names[1] IS NULL OR c2.nspname = pg_catalog.lower(m.names[1]))
), fn AS (
  SELECT c.*, ARRAY(SELECT DISTINCT u.root FROM used u WHERE u.oid = c.oid ORDER BY 1) AS roots
    FROM candidate c
   WHERE c.is_text AND NOT c.has_path AND c.oid IN (SELECT oid FROM used)
), mention (oid, kind, name) AS (
  SELECT f.oid, 'relation', pg_catalog.lower(m.names[1])
    FROM fn f, LATERAL pg_catalog.regexp_matches(f.body,
           '\m(?:from|join|insert\s+into|update|only)\s+(?:only\s+)?([a-z_][\w$]*)\M(?!\s*[.(])', 'gi') AS m (names)
   WHERE f.body !~* ('\m' || m.names[1] || '\s+as\s+(?:not\s+)?(?:materialized\s*)?\(')
   UNION
  SELECT f.oid, 'relation', pg_catalog.lower(m.names[1])
    FROM fn f, LATERAL pg_catalog.regexp_matches(f.body, '(?:^|[^\w$".])([a-z_][\w$]*)(?:\.[\w$]+)?%(?:row)?type\M', 'gi') AS m (names)
   UNION
  SELECT f.oid, 'function', pg_catalog.lower(m.names[1])
    FROM fn f, LATERAL pg_catalog.regexp_matches(f.body, '(?:^|[^\w$".])([a-z_][\w$]*)\s*\(', 'gi') AS m (names)
   UNION
  SELECT f.oid, 'type', pg_catalog.lower(m.names[1])
    FROM fn f, LATERAL pg_catalog.regexp_matches(f.body, '::\s*([a-z_][\w$]*)\M(?!\s*\.)', 'gi') AS m (names)
), resolved AS (
  SELECT m.oid, m.name, n.nspname
    FROM mention m JOIN pg_catalog.pg_class c ON m.kind = 'relation' AND c.relname = m.name AND c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S')
    JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
  UNION ALL
  SELECT m.oid, m.name, n.nspname
    FROM mention m JOIN pg_catalog.pg_proc p ON m.kind = 'function' AND p.proname = m.name
    JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
  UNION ALL
  SELECT m.oid, m.name, n.nspname
    FROM mention m JOIN pg_catalog.pg_type t ON m.kind = 'type' AND t.typname = m.name
    JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace
)
SELECT f.nspname::text                                                                AS schema,
       f.oid::pg_catalog.regprocedure::text                                           AS name,
       f.extname::text                                                                AS extension,
       f.roots                                                                        AS used_by,
       pg_catalog.array_agg(DISTINCT r.name::text)                                    AS names,
       pg_catalog.array_agg(DISTINCT pg_catalog.quote_ident(r.nspname))               AS schemas
  FROM fn f
  JOIN resolved r ON r.oid = f.oid
 WHERE r.nspname !~ '^pg_' AND r.nspname <> 'information_schema'
   -- What pg_catalog has under that name is found there.
   AND NOT EXISTS (SELECT FROM resolved s WHERE s.oid = r.oid AND s.name = r.name AND s.nspname = 'pg_catalog')
 GROUP BY f.oid, f.nspname, f.extname, f.roots
 ORDER BY 2
