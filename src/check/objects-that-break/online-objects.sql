-- What logical replication does not carry: unlogged tables and materialized views.
SELECT n.nspname::text                                                        AS schema,
       c.oid::pg_catalog.regclass::text                                       AS name,
       CASE c.relkind WHEN 'm' THEN 'materialized view' ELSE 'unlogged' END   AS kind,
       c.relispopulated                                                       AS populated,
       c.relkind = 'p'                                                        AS partitioned,
       pg_catalog.pg_total_relation_size(c.oid)::float8                       AS bytes,
       -- Materialized views without rows that this one reads, directly or through views.
       ARRAY(WITH RECURSIVE reads (oid) AS (
               SELECT c.oid
                UNION
               SELECT d.refobjid
                 FROM reads s
                 JOIN pg_catalog.pg_rewrite r ON r.ev_class = s.oid
                 JOIN pg_catalog.pg_depend d ON d.classid = 'pg_catalog.pg_rewrite'::pg_catalog.regclass AND d.objid = r.oid
                  AND d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass)
             SELECT e.oid::pg_catalog.regclass::text
               FROM reads s
               JOIN pg_catalog.pg_class e ON e.oid = s.oid AND e.relkind = 'm' AND NOT e.relispopulated
              WHERE c.relkind = 'm' AND e.oid <> c.oid)                       AS empty_sources
  FROM pg_catalog.pg_class c
  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
 WHERE (c.relkind = 'm' OR c.relkind IN ('r', 'p') AND c.relpersistence = 'u')
   AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
   AND NOT EXISTS (SELECT
                     FROM pg_catalog.pg_depend d
                    WHERE d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.objid = c.oid AND d.deptype = 'e')
 ORDER BY 2
