-- What our role may do on the source for a publication: replicate, make one, and add the tables to it, which takes their
-- ownership. By owner, the tables of others; one row without an owner where there are none.
WITH me AS (
    SELECT r.rolname::text                                                             AS role,
           r.rolsuper OR r.rolreplication                                              AS replication,
           pg_catalog.current_database()::text                                         AS database,
           pg_catalog.has_database_privilege(pg_catalog.current_database(), 'CREATE')  AS may_create,
           ARRAY(SELECT m.rolname::text FROM pg_catalog.pg_roles m
                  WHERE NOT r.rolsuper AND pg_catalog.pg_has_role(m.oid, 'MEMBER') ORDER BY 1) AS member_of
      FROM pg_catalog.pg_roles r
     WHERE r.rolname = CURRENT_USER
), theirs AS (
    SELECT pg_catalog.pg_get_userbyid(c.relowner)::text                               AS owner,
           pg_catalog.count(*)                                                        AS tables,
           pg_catalog.min(pg_catalog.format('%I.%I', n.nspname, c.relname))           AS example
      FROM pg_catalog.pg_class c
      JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
     WHERE c.relkind IN ('r', 'p') AND c.relpersistence = 'p'
       AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
       AND NOT pg_catalog.pg_has_role(c.relowner, 'USAGE')
       AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend d
                        WHERE d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.objid = c.oid AND d.deptype = 'e')
     GROUP BY 1
)
SELECT me.*, theirs.*
  FROM me
  LEFT JOIN theirs ON true
 ORDER BY theirs.owner
