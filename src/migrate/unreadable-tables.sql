-- Of the tables $1, and of all sequences outside of the schemas $2, those that this role may not read in full, with why.
-- `names` are the table's own and those of the tables that it is a part of, since a filter that names one of those means
-- this table, too.
with recursive
    wanted as (
        select
            c.oid,
            c.relkind,
            pg_catalog.format('%I.%I', n.nspname, c.relname) as name,
            pg_catalog.has_schema_privilege(n.oid, 'USAGE') and pg_catalog.has_table_privilege(c.oid, 'SELECT') as readable,
            pg_catalog.row_security_active(c.oid) as filtered
        from
            pg_catalog.pg_class c
            join pg_catalog.pg_namespace n on n.oid = c.relnamespace
        where
            c.oid = any ($1::pg_catalog.oid[])
            or c.relkind = 'S' and n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
            and n.nspname <> all ($2::pg_catalog.text[])
            and not exists (
                select
                from
                    pg_catalog.pg_depend d
                where
                    d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass and d.objid = c.oid and d.deptype = 'e'
            )
    ),
    parents (child, oid) as (
        select
            oid,
            oid
        from
            wanted
        where
            filtered
        union
        select
            p.child,
            i.inhparent
        from
            parents p
            join pg_catalog.pg_inherits i on i.inhrelid = p.oid
    )
select
    w.name,
    case when w.relkind = 'S' then 'sequence' else 'table' end as kind,
    case when w.readable then 'row-security' else 'privilege' end as reason,
    (
        select
            coalesce(pg_catalog.json_agg(pg_catalog.json_build_object('schema', n.nspname, 'name', c.relname)), '[]')
        from
            parents p
            join pg_catalog.pg_class c on c.oid = p.oid
            join pg_catalog.pg_namespace n on n.oid = c.relnamespace
        where
            p.child = w.oid
    ) as names
from
    wanted w
where
    not w.readable
    or w.filtered
order by
    1
