-- Functions in C that no extension brings, by the library that they come from.
select
    p.probin as library,
    pg_catalog.array_agg(p.oid::pg_catalog.regprocedure::text order by p.oid) as functions
from
    pg_catalog.pg_proc p
    join pg_catalog.pg_language l on l.oid = p.prolang and l.lanname = 'c'
    join pg_catalog.pg_namespace n on n.oid = p.pronamespace
where
    p.oid >= 16384
    and p.probin is not null
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
