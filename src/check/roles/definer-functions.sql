-- Functions that run with the rights of a superuser who owns them, extensions' members aside.
select
    r.rolname::text as role,
    pg_catalog.array_agg(f.identity order by f.identity) as functions
from
    pg_catalog.pg_proc p
    join pg_catalog.pg_namespace n on n.oid = p.pronamespace
    join pg_catalog.pg_roles r on r.oid = p.proowner
    cross join lateral pg_catalog.pg_identify_object('pg_catalog.pg_proc'::pg_catalog.regclass, p.oid, 0) f
where
    p.prosecdef
    and r.rolsuper
    and n.nspname !~ '^pg_'
    and n.nspname <> 'information_schema'
    and not exists (
        select
        from
            pg_catalog.pg_depend d
        where
            d.classid = 'pg_catalog.pg_proc'::pg_catalog.regclass and d.objid = p.oid and d.deptype = 'e'
    )
group by
    1
order by
    1
