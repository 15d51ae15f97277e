-- Sequences, those behind serial and identity columns included. Members of extensions are left out, but for those that
-- the extension asks to be dumped.
SELECT c.oid::int8        AS oid,
       n.nspname::text    AS schema,
       c.relname::text    AS name,
       CASE c.relpersistence WHEN 'u' THEN 'unlogged' ELSE 'permanent' END AS persistence,
       owned.table_oid    AS table_oid,
       ext.extname::text  AS extension
  FROM pg_catalog.pg_class c
  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
  LEFT JOIN LATERAL (SELECT d.refobjid::int8 AS table_oid
                       FROM pg_catalog.pg_depend d
                      WHERE d.classid = 'pg_catalog.pg_class'::regclass AND d.objid = c.oid AND d.objsubid = 0
                        AND d.refclassid = 'pg_catalog.pg_class'::regclass AND d.deptype IN ('a', 'i')
                      LIMIT 1) owned ON true
  LEFT JOIN pg_catalog.pg_depend d
         ON d.classid = 'pg_catalog.pg_class'::regclass AND d.objid = c.oid AND d.objsubid = 0
        AND d.refclassid = 'pg_catalog.pg_extension'::regclass AND d.deptype = 'e'
  LEFT JOIN pg_catalog.pg_extension ext ON ext.oid = d.refobjid
 WHERE c.relkind = 'S'
   AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
   AND (ext.oid IS NULL OR c.oid = ANY (COALESCE(ext.extconfig, '{}'::oid[])))
 ORDER BY n.nspname, c.relname
