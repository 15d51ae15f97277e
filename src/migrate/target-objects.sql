-- Objects that somebody has made in this database: all but the system's, extensions' members, empty schema public, our own
-- ledger and the schemas $1, which are a service's own. The first twenty are enough to tell what is there.
with
    ours as (
        select
            oid
        from
            pg_catalog.pg_namespace
        where
            nspname !~ '^pg_' and nspname not in ('information_schema', 'pgleap', 'pgleap_online')
            and nspname <> all ($1::pg_catalog.text[])
    ),
    found as (
        select
            case c.relkind when 'S' then 'sequence' when 'v' then 'view' when 'm' then 'materialized view' else 'table' end as kind,
            pg_catalog.format('%I.%I', n.nspname, c.relname) as name,
            'pg_catalog.pg_class'::pg_catalog.regclass as class,
            c.oid
        from
            pg_catalog.pg_class c
            join pg_catalog.pg_namespace n on n.oid = c.relnamespace
        where
            c.relkind in ('r', 'p', 'v', 'm', 'S', 'f') and n.oid in (select oid from ours)
        union all
        select
            'function',
            p.oid::pg_catalog.regprocedure::text,
            'pg_catalog.pg_proc'::pg_catalog.regclass,
            p.oid
        from
            pg_catalog.pg_proc p
        where
            p.pronamespace in (select oid from ours)
        union all
        select
            'type',
            t.oid::pg_catalog.regtype::text,
            'pg_catalog.pg_type'::pg_catalog.regclass,
            t.oid
        from
            pg_catalog.pg_type t
        where
            t.typnamespace in (select oid from ours) and t.typtype in ('d', 'e', 'r') and t.typelem = 0
        union all
        select
            'schema',
            pg_catalog.quote_ident(n.nspname),
            'pg_catalog.pg_namespace'::pg_catalog.regclass,
            n.oid
        from
            pg_catalog.pg_namespace n
        where
            n.oid in (select oid from ours) and n.nspname <> 'public'
        union all
        select
            'large object',
            m.oid::text,
            'pg_catalog.pg_largeobject'::pg_catalog.regclass,
            m.oid
        from
            (select oid from pg_catalog.pg_largeobject_metadata order by oid limit 20) m
    )
select
    kind,
    name
from
    found
where
    not exists (
        select
        from
            pg_catalog.pg_depend d
        where
            d.classid = found.class and d.objid = found.oid and d.deptype = 'e'
    )
order by
    kind,
    name
limit
    20
