-- Objects that only a superuser can create, extensions' own and built-in ones aside.
SELECT o.kind, o.schema, o.name
  FROM (SELECT 'text search parser' AS kind, 'pg_ts_parser'::regclass AS class, p.oid, n.nspname::text AS schema,
               p.prsname::text AS name
          FROM pg_catalog.pg_ts_parser p JOIN pg_catalog.pg_namespace n ON n.oid = p.prsnamespace
         UNION ALL
        SELECT 'text search template', 'pg_ts_template'::regclass, t.oid, n.nspname, t.tmplname
          FROM pg_catalog.pg_ts_template t JOIN pg_catalog.pg_namespace n ON n.oid = t.tmplnamespace
         UNION ALL
        SELECT 'operator class', 'pg_opclass'::regclass, c.oid, n.nspname, c.opcname
          FROM pg_catalog.pg_opclass c JOIN pg_catalog.pg_namespace n ON n.oid = c.opcnamespace
         UNION ALL
        SELECT 'operator family', 'pg_opfamily'::regclass, f.oid, n.nspname, f.opfname
          FROM pg_catalog.pg_opfamily f JOIN pg_catalog.pg_namespace n ON n.oid = f.opfnamespace
         -- One that was made along with its class goes with it.
         WHERE NOT EXISTS (SELECT FROM pg_catalog.pg_opclass c WHERE c.opcfamily = f.oid)
         UNION ALL
        SELECT 'base type', 'pg_type'::regclass, t.oid, n.nspname, t.typname
          FROM pg_catalog.pg_type t JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace
         WHERE t.typtype = 'b' AND NOT EXISTS (SELECT FROM pg_catalog.pg_type e WHERE e.typarray = t.oid)
         UNION ALL
        SELECT 'access method', 'pg_am'::regclass, a.oid, NULL, a.amname
          FROM pg_catalog.pg_am a
         UNION ALL
        SELECT 'cast', 'pg_cast'::regclass, k.oid, NULL,
               pg_catalog.format_type(k.castsource, NULL) || ' AS ' || pg_catalog.format_type(k.casttarget, NULL)
          FROM pg_catalog.pg_cast k
         WHERE k.castmethod = 'b') o
 WHERE o.oid >= 16384
   AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend d
                    WHERE d.classid = o.class AND d.objid = o.oid AND d.deptype = 'e')
   AND o.schema IS DISTINCT FROM 'information_schema'
 ORDER BY 1, 2, 3
