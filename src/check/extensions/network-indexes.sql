-- Indexes that use btree_gist's operator classes for inet and cidr, and the exclusion constraints among them.
select
    pg_catalog.format('%I.%I', n.nspname, c.relname) as name,
    pg_catalog.array_agg(distinct o.opcname::text) as classes,
    pg_catalog.bool_or(i.indisexclusion) as exclusion
from
    pg_catalog.pg_index i
    join pg_catalog.pg_class c on c.oid = i.indexrelid
    join pg_catalog.pg_namespace n on n.oid = c.relnamespace
    cross join lateral pg_catalog.unnest(i.indclass::pg_catalog.oid[]) k (opclass)
    join pg_catalog.pg_opclass o on o.oid = k.opclass and o.opcname in ('gist_inet_ops', 'gist_cidr_ops')
group by
    1
order by
    1
