-- All roles. `owns`: owner of something in any database; what belongs to the superuser of initdb is not recorded
-- (pg_shdepend leaves out pinned roles), so that one counts as an owner.
SELECT r.rolname::text                                       AS name,
       r.rolsuper                                            AS superuser,
       r.rolinherit                                          AS inherit,
       r.rolcreaterole                                       AS createrole,
       r.rolcreatedb                                         AS createdb,
       r.rolcanlogin                                         AS login,
       r.rolreplication                                      AS replication,
       r.rolbypassrls                                        AS bypassrls,
       r.rolconnlimit                                        AS connection_limit,
       r.rolvaliduntil::text                                 AS valid_until,
       pg_catalog.shobj_description(r.oid, 'pg_authid')      AS comment,
       (SELECT coalesce(pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object('provider', l.provider, 'label', l.label)
                                             ORDER BY l.provider COLLATE "C"), '[]')
          FROM pg_catalog.pg_shseclabel l
         WHERE l.classoid = 'pg_catalog.pg_authid'::pg_catalog.regclass
           AND l.objoid = r.oid)                             AS labels,
       r.oid = 10 OR EXISTS (SELECT FROM pg_catalog.pg_shdepend s
                              WHERE s.refclassid = 'pg_catalog.pg_authid'::pg_catalog.regclass
                                AND s.refobjid = r.oid
                                AND s.deptype = 'o')         AS owns,
       pg_catalog.pg_has_role(r.oid, 'MEMBER WITH ADMIN OPTION') AS admin,
       pg_catalog.pg_has_role(r.oid, 'SET')                  AS may_set
  FROM pg_catalog.pg_roles r
 ORDER BY r.rolname
