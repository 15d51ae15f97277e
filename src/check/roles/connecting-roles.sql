-- Roles that log in to this database, with all the groups that they are in, directly or not.
select
    r.rolname::text as name,
    r.oid = 10 as bootstrap,
    array(
        select
            g.rolname::text
        from
            pg_catalog.pg_roles g
        where
            g.oid <> r.oid and not r.rolsuper and pg_catalog.pg_has_role(r.oid, g.oid, 'MEMBER')
    ) as groups
from
    pg_catalog.pg_roles r
where
    r.rolcanlogin
    and pg_catalog.has_database_privilege(r.oid, pg_catalog.current_database(), 'CONNECT')
order by
    1
