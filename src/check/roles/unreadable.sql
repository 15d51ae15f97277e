-- Tables and sequences that the connected role may not read, by schema. Of extensions only what they ask to be dumped.
select
    n.nspname::text as schema,
    pg_catalog.has_schema_privilege(n.oid, 'USAGE') as usage,
    pg_catalog.array_agg(c.relname::text order by c.relname) filter (where c.relkind <> 'S') as tables,
    pg_catalog.array_agg(c.relname::text order by c.relname) filter (where c.relkind = 'S') as sequences,
    current_user::text as me
from
    pg_catalog.pg_class c
    join pg_catalog.pg_namespace n on n.oid = c.relnamespace
    left join pg_catalog.pg_depend d on d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass and d.objid = c.oid and d.deptype = 'e'
    left join pg_catalog.pg_extension e on e.oid = d.refobjid
where
    c.relkind in ('r', 'p', 'S')
    and n.nspname !~ '^pg_'
    and n.nspname <> 'information_schema'
    and (d.objid is null or c.oid = any (e.extconfig))
    and not (pg_catalog.has_schema_privilege(n.oid, 'USAGE') and pg_catalog.has_table_privilege(c.oid, 'SELECT'))
group by
    n.oid,
    1
order by
    1
