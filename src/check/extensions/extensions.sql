-- The extensions of this database, and what of their members is used from outside of them, in words, at most three.
select
    e.extname::text as name,
    e.extversion as version,
    n.nspname::text as schema,
    e.extrelocatable as relocatable,
    coalesce(
        (
            select
                pg_catalog.array_agg(distinct pg_catalog.pg_describe_object(u.classid, u.objid, u.objsubid))
            from
                (
                    select
                        d.classid,
                        d.objid,
                        d.objsubid
                    from
                        pg_catalog.pg_depend m
                        join pg_catalog.pg_depend d on d.refclassid = m.classid and d.refobjid = m.objid and d.deptype in ('n', 'a')
                    where
                        m.refclassid = 'pg_catalog.pg_extension'::pg_catalog.regclass
                        and m.refobjid = e.oid
                        and m.deptype = 'e'
                        -- Neither members nor parts of members, such as constraints of their domains.
                        and not exists (
                            select
                            from
                                pg_catalog.pg_depend o
                                left join pg_catalog.pg_depend w on w.classid = o.refclassid and w.objid = o.refobjid and w.deptype = 'e'
                            where
                                o.classid = d.classid
                                and o.objid = d.objid
                                and (o.deptype = 'e' or o.deptype in ('a', 'i') and w.objid is not null)
                        )
                    union all
                    select
                        d.classid,
                        d.objid,
                        0
                    from
                        pg_catalog.pg_depend d
                    where
                        d.classid = 'pg_catalog.pg_extension'::pg_catalog.regclass
                        and d.refclassid = 'pg_catalog.pg_extension'::pg_catalog.regclass
                        and d.refobjid = e.oid
                    limit
                        3
                ) u
        ),
        '{}'
    ) as uses
from
    pg_catalog.pg_extension e
    join pg_catalog.pg_namespace n on n.oid = e.extnamespace
order by
    1
