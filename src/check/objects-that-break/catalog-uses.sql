-- Views, rules and other expressions of the user's, and bodies of functions, that mention a system relation, function or operator
-- which some later major lacks; and views of views, for what falls with them. Expressions are searched by OID in their node trees:
-- names in them are never dynamic. Which major lacks what is in changed-catalogs.ts.
WITH relation (name, gone) AS (
  -- With the last major that took something from it.
  VALUES ('pg_class', 12), ('pg_proc', 12), ('pg_attrdef', 12), ('pg_constraint', 12), ('pg_stat_ssl', 14),
         ('pg_statistic_ext', 12), ('pg_pltemplate', 13), ('sql_languages', 13), ('sql_packages', 13),
         ('sql_sizing_profiles', 13), ('pg_stat_wal_receiver', 13), ('pg_stat_statements', 17), ('pg_database', 17),
         ('pg_collation', 17), ('pg_stat_bgwriter', 17), ('pg_stat_progress_vacuum', 17), ('pg_attribute', 18),
         ('pg_backend_memory_contexts', 18), ('pg_stat_io', 18), ('pg_stat_wal', 18), ('element_types', 17)
), member AS (
  SELECT d.classid, d.objid FROM pg_catalog.pg_depend d WHERE d.deptype = 'e'
), operator (signature) AS (
  VALUES ('!(bigint,NONE)'), ('!!(NONE,bigint)'), ('@(box,box)'), ('@(circle,circle)'), ('@(lseg,box)'), ('@(lseg,line)'),
         ('@(point,box)'), ('@(point,circle)'), ('@(point,line)'), ('@(point,lseg)'), ('@(point,path)'), ('@(point,polygon)'),
         ('@(polygon,polygon)'), ('~(box,box)'), ('~(circle,circle)'), ('~(circle,point)'), ('~(path,point)'),
         ('~(polygon,point)'), ('~(polygon,polygon)'), ('~(aclitem[],aclitem)'), ('##(line,box)'), ('##(lseg,line)'),
         ('<->(box,line)'), ('<->(line,box)'), ('@@(NONE,path)')
), function (name, arguments) AS (
  VALUES ('abstime', NULL), ('reltime', NULL), ('timenow', NULL), ('currtid', NULL), ('numeric_fac', NULL), ('close_lb', NULL),
         ('close_sl', NULL), ('dist_bl', NULL), ('dist_lb', NULL), ('path_center', NULL), ('point', 'path'),
         ('pg_start_backup', NULL), ('pg_stop_backup', NULL), ('pg_is_in_backup', NULL), ('pg_backup_start_time', NULL),
         ('interval_accum', NULL), ('interval_accum_inv', NULL), ('interval_combine', NULL), ('interval_avg', NULL),
         ('pg_read_file_old', NULL), ('pg_rotate_logfile_old', NULL), ('pg_stat_get_bgwriter_timed_checkpoints', NULL),
         ('pg_stat_get_bgwriter_requested_checkpoints', NULL), ('pg_stat_get_bgwriter_buf_written_checkpoints', NULL),
         ('pg_stat_get_buf_written_backend', NULL), ('pg_stat_get_buf_fsync_backend', NULL),
         ('pg_stat_get_checkpoint_write_time', NULL), ('pg_stat_get_checkpoint_sync_time', NULL),
         ('pg_get_wal_records_info_till_end_of_wal', NULL), ('pg_get_wal_stats_till_end_of_wal', NULL),
         ('pg_timezone_abbrevs', NULL)
), part AS (
  -- Each as it stands in a node tree.
  SELECT ':opno ' || o.oid AS node, 'operator' AS kind, o.oid, 'operator ' || s.signature AS use
    FROM operator s
    JOIN pg_catalog.pg_operator o ON o.oid = pg_catalog.to_regoperator('pg_catalog.' || s.signature)
  UNION ALL
  SELECT k.node || p.oid, 'function', p.oid, 'function ' || f.name || COALESCE('(' || f.arguments || ')', '')
    FROM function f
    JOIN pg_catalog.pg_proc p ON p.proname = f.name
     AND (f.arguments IS NULL OR pg_catalog.pg_get_function_arguments(p.oid) = f.arguments)
     AND (p.pronamespace = 'pg_catalog'::pg_catalog.regnamespace OR (p.oid) IN (SELECT m.objid FROM member m))
   CROSS JOIN (VALUES (':funcid '), (':aggfnoid '), (':winfnoid ')) k (node)
), pattern AS (
  -- What the alternatives begin with stands before them: a hundred that each begin anew take six times as long.
  SELECT ':(?:' || pg_catalog.concat_ws('|',
           'opno (?:' || pg_catalog.string_agg(oid::text, '|') FILTER (WHERE kind = 'operator') || ')',
           '(?:funcid|aggfnoid|winfnoid) (?:' || pg_catalog.string_agg(DISTINCT oid::text, '|') FILTER (WHERE kind = 'function') || ')')
         || ') ' AS parts,
         (SELECT ':relid (?:' || pg_catalog.string_agg(c.oid::text, '|') || ') '
            FROM relation r JOIN pg_catalog.pg_class c ON c.relname = r.name
           WHERE (c.oid < 16384 OR c.oid IN (SELECT m.objid FROM member m))
             AND r.gone > pg_catalog.current_setting('server_version_num')::pg_catalog.int4 / 10000) AS relations,
         '\m(' || (SELECT pg_catalog.string_agg(name, '|') FROM (SELECT name FROM relation UNION SELECT name FROM function
                                                                 WHERE arguments IS NULL) w)
           || '|oids|default_with_oids|unlogged)\M' AS words
    FROM part
), tree (class, oid, namespace, has_query, kind, name, nodes) AS (
  SELECT 'pg_catalog.pg_class'::pg_catalog.regclass, c.oid, c.relnamespace, true,
         CASE WHEN r.rulename <> '_RETURN' THEN 'rule ' || r.rulename || ' of' WHEN c.relkind = 'm' THEN 'materialized view' ELSE 'view' END,
         c.oid::pg_catalog.regclass::text, r.ev_action::text || r.ev_qual::text
    FROM pg_catalog.pg_rewrite r JOIN pg_catalog.pg_class c ON c.oid = r.ev_class
  UNION ALL
  SELECT 'pg_catalog.pg_class'::pg_catalog.regclass, c.oid, c.relnamespace, false, 'default of',
         c.oid::pg_catalog.regclass::text || '.' || pg_catalog.quote_ident(a.attname), d.adbin::text
    FROM pg_catalog.pg_attrdef d
    JOIN pg_catalog.pg_class c ON c.oid = d.adrelid
    JOIN pg_catalog.pg_attribute a ON a.attrelid = d.adrelid AND a.attnum = d.adnum
  UNION ALL
  SELECT 'pg_catalog.pg_constraint'::pg_catalog.regclass, k.oid, k.connamespace, false, 'constraint ' || pg_catalog.quote_ident(k.conname) || ' of',
         CASE WHEN k.conrelid <> 0 THEN k.conrelid::pg_catalog.regclass::text ELSE k.contypid::pg_catalog.regtype::text END, k.conbin::text
    FROM pg_catalog.pg_constraint k WHERE k.conbin IS NOT NULL
  UNION ALL
  SELECT 'pg_catalog.pg_class'::pg_catalog.regclass, c.oid, c.relnamespace, false, 'index', c.oid::pg_catalog.regclass::text,
         COALESCE(i.indexprs::text, '') || COALESCE(i.indpred::text, '')
    FROM pg_catalog.pg_index i JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid WHERE i.indexprs IS NOT NULL OR i.indpred IS NOT NULL
  UNION ALL
  SELECT 'pg_catalog.pg_policy'::pg_catalog.regclass, p.oid, c.relnamespace, true, 'policy ' || pg_catalog.quote_ident(p.polname) || ' of',
         c.oid::pg_catalog.regclass::text, COALESCE(p.polqual::text, '') || COALESCE(p.polwithcheck::text, '')
    FROM pg_catalog.pg_policy p JOIN pg_catalog.pg_class c ON c.oid = p.polrelid
  UNION ALL
  SELECT 'pg_catalog.pg_trigger'::pg_catalog.regclass, t.oid, c.relnamespace, false, 'trigger ' || pg_catalog.quote_ident(t.tgname) || ' of',
         c.oid::pg_catalog.regclass::text, t.tgqual::text
    FROM pg_catalog.pg_trigger t JOIN pg_catalog.pg_class c ON c.oid = t.tgrelid WHERE t.tgqual IS NOT NULL
  UNION ALL
  -- Bodies in standard SQL (14 and newer) and defaults of arguments.
  SELECT 'pg_catalog.pg_proc'::pg_catalog.regclass, p.oid, p.pronamespace, true, 'the definition of function',
         p.oid::pg_catalog.regprocedure::text,
         COALESCE(pg_catalog.to_jsonb(p) ->> 'prosqlbody', '') || COALESCE(p.proargdefaults::text, '')
    FROM pg_catalog.pg_proc p WHERE p.oid >= 16384
), found AS (
  -- Defaults, constraints and indexes have no query in them.
  SELECT t.*, CASE WHEN t.has_query THEN t.nodes ~ p.relations ELSE false END AS reads_catalog,
         CASE WHEN t.nodes ~ p.parts THEN ARRAY(SELECT DISTINCT s.use FROM part s WHERE pg_catalog.strpos(t.nodes, s.node || ' ') > 0)
              ELSE '{}' END AS uses,
         CASE WHEN t.kind LIKE '%view' THEN
           ARRAY(SELECT DISTINCT v.oid::pg_catalog.regclass::text
                   FROM pg_catalog.pg_rewrite r
                   JOIN pg_catalog.pg_depend d ON d.classid = 'pg_catalog.pg_rewrite'::pg_catalog.regclass AND d.objid = r.oid
                    AND d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.refobjid <> r.ev_class
                   JOIN pg_catalog.pg_class v ON v.oid = d.refobjid AND v.relkind IN ('v', 'm')
                  WHERE r.ev_class = t.oid AND v.oid >= 16384)
              ELSE '{}' END AS views
    FROM tree t CROSS JOIN pattern p
   WHERE t.oid >= 16384
  OFFSET 0 -- evaluated once
)
SELECT n.nspname::text AS schema, f.kind || ' ' || f.name AS name,
       CASE WHEN NOT f.reads_catalog THEN ''
            WHEN f.kind LIKE 'the definition%' THEN pg_catalog.pg_get_functiondef(f.oid)
            WHEN f.kind LIKE '%view' THEN pg_catalog.pg_get_viewdef(f.oid)
            WHEN f.kind LIKE 'rule%' THEN (SELECT pg_catalog.string_agg(pg_catalog.pg_get_ruledef(r.oid), ' ')
                                             FROM pg_catalog.pg_rewrite r WHERE r.ev_class = f.oid)
            WHEN f.kind LIKE 'policy%' THEN (SELECT pg_catalog.concat(pg_catalog.pg_get_expr(p.polqual, p.polrelid), ' ',
                                                                     pg_catalog.pg_get_expr(p.polwithcheck, p.polrelid))
                                               FROM pg_catalog.pg_policy p WHERE p.oid = f.oid)
            ELSE '' END AS text,
       f.uses AS uses, f.name AS view, f.views AS views, 'created' AS when_it_fails
  FROM found f
  JOIN pg_catalog.pg_namespace n ON n.oid = f.namespace
 WHERE (f.reads_catalog OR f.uses <> '{}' OR f.views <> '{}')
   AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
   AND NOT EXISTS (SELECT FROM member m WHERE m.classid = f.class AND m.objid = f.oid)
UNION ALL
SELECT n.nspname::text, 'function ' || p.oid::pg_catalog.regprocedure::text, p.prosrc, '{}', '', '{}', 'called'
  FROM pg_catalog.pg_proc p
  JOIN pg_catalog.pg_language l ON l.oid = p.prolang AND l.lanname NOT IN ('c', 'internal')
  JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
 CROSS JOIN pattern w
 WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema' AND p.prosrc ~* w.words
   AND NOT EXISTS (SELECT FROM member m WHERE m.classid = 'pg_catalog.pg_proc'::pg_catalog.regclass AND m.objid = p.oid)
 ORDER BY 2
