-- What somebody has made in this database, by schema and kind, with one name of each, as SQL writes it: all but the system's
-- objects and extensions' members. Schema public alone is no object.
WITH ours AS (
    SELECT n.oid, n.nspname
      FROM pg_catalog.pg_namespace n
     WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
), found AS (
    SELECT n.nspname, pg_catalog.format('%I.%I', n.nspname, c.relname) AS name, 'pg_catalog.pg_class'::pg_catalog.regclass AS class, c.oid,
           CASE c.relkind WHEN 'S' THEN 'sequence' WHEN 'v' THEN 'view' WHEN 'm' THEN 'materialized view' ELSE 'table' END AS kind
      FROM pg_catalog.pg_class c
      JOIN ours n ON n.oid = c.relnamespace
     WHERE c.relkind IN ('r', 'p', 'v', 'm', 'S', 'f')
     UNION ALL
    SELECT n.nspname, p.oid::pg_catalog.regprocedure::text, 'pg_catalog.pg_proc'::pg_catalog.regclass, p.oid, 'function'
      FROM pg_catalog.pg_proc p
      JOIN ours n ON n.oid = p.pronamespace
     UNION ALL
    SELECT n.nspname, t.oid::pg_catalog.regtype::text, 'pg_catalog.pg_type'::pg_catalog.regclass, t.oid, 'type'
      FROM pg_catalog.pg_type t
      JOIN ours n ON n.oid = t.typnamespace
     WHERE t.typtype IN ('d', 'e', 'r')
     UNION ALL
    SELECT n.nspname, pg_catalog.quote_ident(n.nspname), 'pg_catalog.pg_namespace'::pg_catalog.regclass, n.oid, 'schema'
      FROM ours n
     WHERE n.nspname <> 'public'
)
SELECT f.nspname::text                  AS schema,
       f.kind                           AS kind,
       pg_catalog.min(f.name)           AS example,
       pg_catalog.count(*)              AS count
  FROM found f
 WHERE NOT EXISTS (SELECT FROM pg_catalog.pg_depend d WHERE d.classid = f.class AND d.objid = f.oid AND d.deptype = 'e')
 GROUP BY f.nspname, f.kind
UNION ALL
SELECT NULL, 'large object', pg_catalog.min(m.oid)::text, pg_catalog.count(*)
  FROM pg_catalog.pg_largeobject_metadata m
HAVING pg_catalog.count(*) > 0
 ORDER BY 1, 2
