-- What DDL changes, one row an object with a hash of all that it is made of. Everybody can read it; what belongs to extensions
-- and to PostgreSQL is left out. Hashes are to be compared with those of the same server only: others write the same otherwise.
WITH ours AS (
    SELECT oid, nspname, nspowner, nspacl FROM pg_catalog.pg_namespace
    WHERE nspname !~ '^pg_' AND nspname NOT IN ('information_schema', 'pgleap', 'pgleap_online')
), members AS (
    SELECT classid, objid FROM pg_catalog.pg_depend WHERE deptype = 'e'
), relations AS (
    SELECT c.*, n.nspname, pg_catalog.format('%I.%I', n.nspname, c.relname) AS full_name
    FROM pg_catalog.pg_class c JOIN ours n ON n.oid = c.relnamespace
    WHERE NOT EXISTS (SELECT FROM members m WHERE m.classid = 'pg_catalog.pg_class'::regclass AND m.objid = c.oid)
), functions AS (
    SELECT p.*, pg_catalog.format('%I.%I(%s)', n.nspname, p.proname, pg_catalog.pg_get_function_identity_arguments(p.oid)) AS full_name
    FROM pg_catalog.pg_proc p JOIN ours n ON n.oid = p.pronamespace
    WHERE NOT EXISTS (SELECT FROM members m WHERE m.classid = 'pg_catalog.pg_proc'::regclass AND m.objid = p.oid)
), types AS (
    SELECT t.*, pg_catalog.format('%I.%I', n.nspname, t.typname) AS full_name
    FROM pg_catalog.pg_type t JOIN ours n ON n.oid = t.typnamespace
    WHERE t.typtype IN ('e', 'd', 'r')
        AND NOT EXISTS (SELECT FROM members m WHERE m.classid = 'pg_catalog.pg_type'::regclass AND m.objid = t.oid)
), objects (kind, name, made_of) AS (
    SELECT 'schema', pg_catalog.quote_ident(nspname), '' FROM ours
    UNION ALL
    SELECT 'table', full_name, pg_catalog.concat_ws('|', relkind, relpersistence, reloptions, relrowsecurity, relforcerowsecurity,
        CASE WHEN relkind = 'p' THEN pg_catalog.pg_get_partkeydef(oid) END,
        pg_catalog.pg_get_expr(relpartbound, oid),
        (SELECT pg_catalog.string_agg(i.inhparent::regclass::text, ',' ORDER BY i.inhseqno) FROM pg_catalog.pg_inherits i WHERE i.inhrelid = r.oid))
    FROM relations r WHERE relkind IN ('r', 'p', 'f')
    UNION ALL
    SELECT CASE relkind WHEN 'v' THEN 'view' ELSE 'materialized view' END, full_name,
        pg_catalog.concat_ws('|', reloptions, pg_catalog.pg_get_viewdef(oid))
    FROM relations WHERE relkind IN ('v', 'm')
    UNION ALL
    SELECT 'type', full_name, '' FROM relations WHERE relkind = 'c'
    UNION ALL
    SELECT 'sequence', r.full_name, pg_catalog.concat_ws('|', s.seqtypid::regtype, s.seqstart, s.seqincrement, s.seqmax, s.seqmin, s.seqcycle)
    FROM relations r JOIN pg_catalog.pg_sequence s ON s.seqrelid = r.oid
    UNION ALL
    SELECT 'index', r.full_name, pg_catalog.concat_ws('|', pg_catalog.pg_get_indexdef(r.oid), i.indisvalid)
    FROM relations r JOIN pg_catalog.pg_index i ON i.indexrelid = r.oid
    UNION ALL
    SELECT 'column', pg_catalog.format('%s.%I', r.full_name, a.attname),
        pg_catalog.concat_ws('|', pg_catalog.format_type(a.atttypid, a.atttypmod), a.attnotnull, a.attidentity,
            pg_catalog.to_jsonb(a) ->> 'attgenerated', a.attcollation, pg_catalog.pg_get_expr(d.adbin, d.adrelid))
    FROM relations r
    JOIN pg_catalog.pg_attribute a ON a.attrelid = r.oid AND a.attnum > 0 AND NOT a.attisdropped
    LEFT JOIN pg_catalog.pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
    WHERE r.relkind IN ('r', 'p', 'f', 'c')
    UNION ALL
    SELECT 'constraint', pg_catalog.format('%I on %s', k.conname, r.full_name),
        pg_catalog.concat_ws('|', pg_catalog.pg_get_constraintdef(k.oid), k.convalidated)
    FROM relations r JOIN pg_catalog.pg_constraint k ON k.conrelid = r.oid AND k.contype NOT IN ('n', 't')
    UNION ALL
    SELECT 'trigger', pg_catalog.format('%I on %s', g.tgname, r.full_name),
        pg_catalog.concat_ws('|', pg_catalog.pg_get_triggerdef(g.oid), g.tgenabled)
    FROM relations r JOIN pg_catalog.pg_trigger g ON g.tgrelid = r.oid AND NOT g.tgisinternal
    UNION ALL
    SELECT 'rule', pg_catalog.format('%I on %s', w.rulename, r.full_name),
        pg_catalog.concat_ws('|', pg_catalog.pg_get_ruledef(w.oid), w.ev_enabled)
    FROM relations r JOIN pg_catalog.pg_rewrite w ON w.ev_class = r.oid AND w.rulename <> '_RETURN'
    UNION ALL
    SELECT 'policy', pg_catalog.format('%I on %s', p.polname, r.full_name),
        pg_catalog.concat_ws('|', p.polcmd, p.polpermissive, p.polroles::text, pg_catalog.pg_get_expr(p.polqual, p.polrelid),
            pg_catalog.pg_get_expr(p.polwithcheck, p.polrelid))
    FROM relations r JOIN pg_catalog.pg_policy p ON p.polrelid = r.oid
    UNION ALL
    SELECT 'statistics', pg_catalog.format('%I.%I', n.nspname, s.stxname), pg_catalog.pg_get_statisticsobjdef(s.oid)
    FROM pg_catalog.pg_statistic_ext s JOIN ours n ON n.oid = s.stxnamespace
    UNION ALL
    SELECT CASE f.prokind WHEN 'a' THEN 'aggregate' WHEN 'p' THEN 'procedure' ELSE 'function' END, f.full_name,
        CASE f.prokind WHEN 'a'
            THEN (SELECT pg_catalog.concat_ws('|', a.aggtransfn, a.aggfinalfn, a.aggtranstype::regtype, a.agginitval, a.aggsortop::regoperator)
                  FROM pg_catalog.pg_aggregate a WHERE a.aggfnoid = f.oid)
            ELSE pg_catalog.pg_get_functiondef(f.oid) END
    FROM functions f
    UNION ALL
    SELECT 'type', t.full_name, pg_catalog.concat_ws('|', t.typtype,
        (SELECT pg_catalog.string_agg(e.enumlabel, ',' ORDER BY e.enumsortorder) FROM pg_catalog.pg_enum e WHERE e.enumtypid = t.oid),
        CASE WHEN t.typtype = 'd' THEN pg_catalog.format_type(t.typbasetype, t.typtypmod) END, t.typnotnull, t.typdefault,
        (SELECT pg_catalog.string_agg(pg_catalog.pg_get_constraintdef(k.oid), ',' ORDER BY k.conname) FROM pg_catalog.pg_constraint k WHERE k.contypid = t.oid),
        (SELECT g.rngsubtype::regtype FROM pg_catalog.pg_range g WHERE g.rngtypid = t.oid))
    FROM types t
    UNION ALL
    SELECT 'operator', o.oid::regoperator::text, pg_catalog.concat_ws('|', o.oprcode, o.oprcom, o.oprnegate, o.oprrest, o.oprjoin)
    FROM pg_catalog.pg_operator o JOIN ours n ON n.oid = o.oprnamespace
    WHERE NOT EXISTS (SELECT FROM members m WHERE m.classid = 'pg_catalog.pg_operator'::regclass AND m.objid = o.oid)
    UNION ALL
    SELECT 'extension', pg_catalog.quote_ident(extname), extversion FROM pg_catalog.pg_extension
    UNION ALL
    SELECT 'event trigger', pg_catalog.quote_ident(evtname), pg_catalog.concat_ws('|', evtevent, evtfoid::regproc, evtenabled, evttags)
    FROM pg_catalog.pg_event_trigger
    UNION ALL
    SELECT 'owner and grants of', full_name, pg_catalog.concat_ws('|', relowner::regrole, relacl)
    FROM relations WHERE relkind IN ('r', 'p', 'f', 'v', 'm', 'S')
    UNION ALL
    SELECT 'owner and grants of', full_name, pg_catalog.concat_ws('|', proowner::regrole, proacl) FROM functions
    UNION ALL
    SELECT 'owner and grants of', full_name, pg_catalog.concat_ws('|', typowner::regrole, typacl) FROM types
    UNION ALL
    SELECT 'owner and grants of', 'schema ' || pg_catalog.quote_ident(nspname), pg_catalog.concat_ws('|', nspowner::regrole, nspacl) FROM ours
)
-- Objects may share kind and name (a rule and a trigger do not, two casts may): then they are one.
SELECT kind, name, pg_catalog.md5(pg_catalog.string_agg(coalesce(made_of, ''), '|' ORDER BY made_of)) AS hash
FROM objects GROUP BY kind, name
