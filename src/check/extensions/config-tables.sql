-- Tables of extensions whose rows are the user's (pg_extension_config_dump), with the condition for those rows.
select
    e.extname::text as extension,
    n.nspname::text as schema,
    c.relname::text as table,
    coalesce(e.extcondition[x.position], '') as condition
from
    pg_catalog.pg_extension e
    cross join lateral pg_catalog.unnest(e.extconfig) with ordinality x (oid, position)
    join pg_catalog.pg_class c on c.oid = x.oid and c.relkind in ('r', 'p')
    join pg_catalog.pg_namespace n on n.oid = c.relnamespace
order by
    1,
    2,
    3
