-- Sequences that belong to extensions, which make them and have no entry for them.
SELECT n.nspname::text                              AS schema,
       c.relname::text                              AS name,
       pg_catalog.pg_get_userbyid(c.relowner)::text AS owner,
       e.extname::text                              AS extension
  FROM pg_catalog.pg_class c
  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
  JOIN pg_catalog.pg_depend d
    ON d.classid = 'pg_catalog.pg_class'::regclass AND d.objid = c.oid AND d.objsubid = 0
   AND d.refclassid = 'pg_catalog.pg_extension'::regclass AND d.deptype = 'e'
  JOIN pg_catalog.pg_extension e ON e.oid = d.refobjid
 WHERE c.relkind = 'S'
