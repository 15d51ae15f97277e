-- Rights on PostgreSQL's own relations, columns, functions and schemas that are not those of initdb or of an extension: pg_dump
-- writes those of pg_catalog down (selectDumpableNamespace), and the target has to take them. `grantees` are those whose rights were changed.
with
    changed as (
        select
            o.classid,
            o.objid,
            o.objsubid,
            o.owner,
            o.acl,
            coalesce(i.initprivs, o.standard) as initial
        from
            (
                select
                    'pg_catalog.pg_class'::pg_catalog.regclass as classid,
                    c.oid as objid,
                    0 as objsubid,
                    c.relowner as owner,
                    c.relacl as acl,
                    pg_catalog.acldefault(case c.relkind when 'S' then 's'::"char" else 'r'::"char" end, c.relowner) as standard,
                    c.relnamespace as namespace
                from
                    pg_catalog.pg_class c
                where
                    c.relacl is not null
                union all
                select
                    'pg_catalog.pg_class'::pg_catalog.regclass,
                    a.attrelid,
                    a.attnum,
                    c.relowner,
                    a.attacl,
                    '{}'::pg_catalog.aclitem[],
                    c.relnamespace
                from
                    pg_catalog.pg_attribute a
                    join pg_catalog.pg_class c on c.oid = a.attrelid
                where
                    a.attacl is not null
                union all
                select
                    'pg_catalog.pg_proc'::pg_catalog.regclass,
                    p.oid,
                    0,
                    p.proowner,
                    p.proacl,
                    pg_catalog.acldefault('f', p.proowner),
                    p.pronamespace
                from
                    pg_catalog.pg_proc p
                where
                    p.proacl is not null
                union all
                select
                    'pg_catalog.pg_namespace'::pg_catalog.regclass,
                    n.oid,
                    0,
                    n.nspowner,
                    n.nspacl,
                    pg_catalog.acldefault('n', n.nspowner),
                    n.oid
                from
                    pg_catalog.pg_namespace n
                where
                    n.nspacl is not null
            ) o
            left join pg_catalog.pg_init_privs i on i.classoid = o.classid and i.objoid = o.objid and i.objsubid = o.objsubid
            join pg_catalog.pg_namespace n on n.oid = o.namespace
        where
            n.nspname = 'pg_catalog'
    ),
    differences as (
        select
            c.*,
            d.item
        from
            changed c
            cross join lateral (
                (select pg_catalog.unnest(c.acl) as item except select pg_catalog.unnest(c.initial))
                union
                (select pg_catalog.unnest(c.initial) except select pg_catalog.unnest(c.acl))
            ) d
    )
select
    f.type,
    f.identity as object,
    pg_catalog.array_agg(distinct case when a.grantee = 0 then 'PUBLIC' else coalesce(r.rolname::text, a.grantee::text) end) as grantees
from
    differences d
    cross join lateral pg_catalog.pg_identify_object(d.classid, d.objid, d.objsubid) f
    cross join lateral pg_catalog.aclexplode(array[d.item]) a
    left join pg_catalog.pg_roles r on r.oid = a.grantee
where
    a.grantee <> d.owner
    and not exists (
        select
        from
            pg_catalog.pg_depend e
        where
            e.classid = d.classid and e.objid = d.objid and e.deptype = 'e'
    )
group by
    1,
    2
order by
    1,
    2
