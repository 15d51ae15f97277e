-- Who owns what somebody has made in this database, with an example.
WITH ours AS (
    SELECT n.oid, n.nspname, n.nspowner
      FROM pg_catalog.pg_namespace n
     WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
), owned AS (
    SELECT c.relowner AS owner, pg_catalog.format('%I.%I', n.nspname, c.relname) AS name,
           'pg_catalog.pg_class'::pg_catalog.regclass AS class, c.oid
      FROM pg_catalog.pg_class c JOIN ours n ON n.oid = c.relnamespace
     WHERE c.relkind IN ('r', 'p', 'v', 'm', 'S', 'f')
     UNION ALL
    SELECT p.proowner, pg_catalog.format('%I.%I', n.nspname, p.proname), 'pg_catalog.pg_proc'::pg_catalog.regclass, p.oid
      FROM pg_catalog.pg_proc p JOIN ours n ON n.oid = p.pronamespace
     UNION ALL
    SELECT n.nspowner, pg_catalog.quote_ident(n.nspname), 'pg_catalog.pg_namespace'::pg_catalog.regclass, n.oid
      FROM ours n
     WHERE n.nspname <> 'public'
)
SELECT pg_catalog.pg_get_userbyid(o.owner)::text AS role, pg_catalog.count(*) AS objects, pg_catalog.min(o.name) AS example
  FROM owned o
 WHERE NOT EXISTS (SELECT FROM pg_catalog.pg_depend d WHERE d.classid = o.class AND d.objid = o.oid AND d.deptype = 'e')
 GROUP BY 1
 ORDER BY 1
