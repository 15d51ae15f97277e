-- Functions in languages that only superusers may use, that no extension brings; those in C aside. The constructors of range types are
-- in language internal; they come with the type, on which they depend internally (typecmds.c, makeRangeConstructors).
select
    l.lanname::text as language,
    pg_catalog.array_agg(p.oid::pg_catalog.regprocedure::text order by p.oid) as functions
from
    pg_catalog.pg_proc p
    join pg_catalog.pg_language l on l.oid = p.prolang and not l.lanpltrusted and l.lanname not in ('c', 'sql')
where
    p.oid >= 16384
    and not exists (
        select
        from
            pg_catalog.pg_depend d
        where
            d.classid = 'pg_catalog.pg_proc'::pg_catalog.regclass and d.objid = p.oid and d.deptype in ('e', 'i')
    )
group by
    1
order by
    1
