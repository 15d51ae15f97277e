-- Enums with their labels in order, and domains with the type that they are made of.
SELECT n.nspname::text AS schema,
       t.typname::text AS name,
       CASE t.typtype WHEN 'e' THEN 'enum' ELSE 'domain' END AS kind,
       CASE t.typtype
         WHEN 'e' THEN ARRAY(SELECT e.enumlabel::text FROM pg_catalog.pg_enum e
                              WHERE e.enumtypid = t.oid ORDER BY e.enumsortorder)
         ELSE ARRAY[pg_catalog.format_type(t.typbasetype, t.typtypmod) || CASE WHEN t.typnotnull THEN ' not null' ELSE '' END]
       END AS made_of
  FROM pg_catalog.pg_type t
  JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace
 WHERE t.typtype IN ('e', 'd')
   AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
   AND t.oid NOT IN (SELECT d.objid FROM pg_catalog.pg_depend d
                      WHERE d.classid = 'pg_catalog.pg_type'::regclass AND d.deptype = 'e')
 ORDER BY n.nspname, t.typname
