-- Every relation that holds or stands for rows: tables, partitioned, foreign and unlogged ones, materialized views.
-- Left out, as pg_dump leaves them out: schemas of the system (the prefix pg_ is reserved for them, temporary ones
-- included) and members of extensions, but for the tables whose rows an extension asks to be dumped
-- (pg_extension_config_dump).
SELECT c.oid::int8                                   AS oid,
       n.nspname::text                               AS schema,
       c.relname::text                               AS name,
       c.relkind::text                               AS kind,
       c.relpersistence::text                        AS persistence,
       am.amname::text                               AS access_method,
       pg_catalog.pg_get_userbyid(c.relowner)::text  AS owner,
       c.relispartition                              AS is_partition,
       c.relrowsecurity                              AS row_security,
       CASE WHEN c.reltuples < 0 OR (c.reltuples = 0 AND c.relpages = 0) THEN NULL
            ELSE c.reltuples::float8 END             AS estimated_rows,
       ext.extname::text                             AS extension,
       config.condition                              AS config_condition
  FROM pg_catalog.pg_class c
  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
  LEFT JOIN pg_catalog.pg_am am ON am.oid = c.relam
  LEFT JOIN pg_catalog.pg_depend d
         ON d.classid = 'pg_catalog.pg_class'::regclass AND d.objid = c.oid AND d.objsubid = 0
        AND d.refclassid = 'pg_catalog.pg_extension'::regclass AND d.deptype = 'e'
  LEFT JOIN pg_catalog.pg_extension ext ON ext.oid = d.refobjid
  LEFT JOIN LATERAL (SELECT e.condition
                       FROM unnest(ext.extconfig, ext.extcondition) AS e (relid, condition)
                      WHERE e.relid = c.oid) config ON true
 WHERE c.relkind IN ('r', 'p', 'f', 'm')
   AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
   AND (ext.oid IS NULL OR config.condition IS NOT NULL)
 ORDER BY n.nspname, c.relname
