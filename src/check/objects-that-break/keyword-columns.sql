-- Columns named system_user, and what names them in a definition that the source server writes: indexes, partition keys, foreign keys,
-- checks, policies, triggers and generated columns (views qualify the name; tables and keys are written by pg_dump, which quotes it).
SELECT n.nspname::text                                                        AS schema,
       pg_catalog.format('%I.%I.%I', n.nspname, c.relname, a.attname)         AS name,
       pg_catalog.array_agg(DISTINCT
         CASE d.classid
           WHEN 'pg_catalog.pg_class'::pg_catalog.regclass THEN
             CASE WHEN d.objid = c.oid THEN 'the partition key' ELSE 'index ' || d.objid::pg_catalog.regclass::text END
           WHEN 'pg_catalog.pg_constraint'::pg_catalog.regclass THEN 'constraint ' || k.conname
           WHEN 'pg_catalog.pg_policy'::pg_catalog.regclass THEN 'policy ' || p.polname
           WHEN 'pg_catalog.pg_trigger'::pg_catalog.regclass THEN 'trigger ' || t.tgname
           ELSE 'a generated column' END)                                  AS used_by
  FROM pg_catalog.pg_attribute a
  JOIN pg_catalog.pg_class c ON c.oid = a.attrelid AND c.relkind IN ('r', 'p', 'm', 'f')
  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
  JOIN pg_catalog.pg_depend d ON d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass
   AND d.refobjid = a.attrelid AND d.refobjsubid = a.attnum
  LEFT JOIN pg_catalog.pg_class i ON d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND i.oid = d.objid
   AND (i.relkind IN ('i', 'I') OR i.relkind = 'p' AND d.objsubid = 0)
  LEFT JOIN pg_catalog.pg_constraint k ON d.classid = 'pg_catalog.pg_constraint'::pg_catalog.regclass AND k.oid = d.objid
   AND k.contype IN ('c', 'f', 'x')
  LEFT JOIN pg_catalog.pg_policy p ON d.classid = 'pg_catalog.pg_policy'::pg_catalog.regclass AND p.oid = d.objid
  LEFT JOIN pg_catalog.pg_trigger t ON d.classid = 'pg_catalog.pg_trigger'::pg_catalog.regclass AND t.oid = d.objid
  LEFT JOIN pg_catalog.pg_attrdef f ON d.classid = 'pg_catalog.pg_attrdef'::pg_catalog.regclass AND f.oid = d.objid
   AND f.adnum <> a.attnum
 WHERE a.attname = 'system_user' AND a.attnum > 0 AND NOT a.attisdropped AND a.attinhcount = 0
   AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
   AND COALESCE(i.oid, k.oid, p.oid, t.oid, f.oid) IS NOT NULL
 GROUP BY 1, 2
 ORDER BY 2
