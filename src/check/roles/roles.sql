-- Every role but PostgreSQL's own: what it is, what it may do, and whose member it is. The superuser of initdb has oid 10.
select
    r.rolname::text as name,
    r.oid = 10 as bootstrap,
    r.rolname = current_user as me,
    r.rolcanlogin as login,
    r.rolsuper as superuser,
    r.rolcreaterole as createrole,
    r.rolcreatedb as createdb,
    r.rolreplication as replication,
    r.rolbypassrls as bypassrls,
    r.rolvaliduntil::text as "validUntil",
    case
        when r.rolvaliduntil < pg_catalog.now() then 'expired'
        when r.rolvaliduntil < pg_catalog.now() + interval '14 days' then 'soon'
        else 'valid'
    end as validity,
    coalesce(
        (
            select
                pg_catalog.array_agg(distinct g.rolname::text)
            from
                pg_catalog.pg_auth_members m
                join pg_catalog.pg_roles g on g.oid = m.roleid
            where
                m.member = r.oid
        ),
        '{}'
    ) as groups
from
    pg_catalog.pg_roles r
where
    r.rolname !~ '^pg_'
order by
    1
