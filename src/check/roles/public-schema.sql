-- Schema public: whether everybody may create objects in it, who else was granted something, and who owns relations in it
-- but may create there only because everybody may.
select
    pg_catalog.has_schema_privilege('public', n.oid, 'CREATE') as open,
    coalesce(
        (
            select
                pg_catalog.array_agg(distinct case a.grantee when 0 then 'PUBLIC' else r.rolname::text end)
            from
                pg_catalog.aclexplode(n.nspacl) a
                left join pg_catalog.pg_roles r on r.oid = a.grantee
            where
                a.grantee <> n.nspowner
                and (a.grantee <> 0 or a.privilege_type = 'CREATE')
        ),
        '{}'
    ) as grantees,
    coalesce(
        (
            select
                pg_catalog.array_agg(distinct r.rolname::text)
            from
                pg_catalog.pg_class c
                join pg_catalog.pg_roles r on r.oid = c.relowner
            where
                c.relnamespace = n.oid
                and c.relkind in ('r', 'p', 'v', 'm', 'S', 'f')
                and not r.rolsuper
                and r.oid <> n.nspowner
                and not exists (
                    select
                    from
                        pg_catalog.aclexplode(n.nspacl) a
                    where
                        a.privilege_type = 'CREATE' and a.grantee <> 0 and pg_catalog.pg_has_role(r.oid, a.grantee, 'USAGE')
                )
        ),
        '{}'
    ) as reliant,
    r.rolsuper or pg_catalog.pg_has_role(n.nspowner, 'USAGE') or pg_catalog.has_schema_privilege(n.oid, 'CREATE WITH GRANT OPTION') as grantable,
    o.rolname::text as owner,
    current_user::text as me
from
    pg_catalog.pg_namespace n
    join pg_catalog.pg_roles o on o.oid = n.nspowner
    join pg_catalog.pg_roles r on r.rolname = current_user
where
    n.nspname = 'public'
