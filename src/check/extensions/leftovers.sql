-- What other replication and migration tools have left in this database, by the names that they give.
with
    marks (tool, kind, pattern) as (
        values
            ('pglogical', 'schema', '^pglogical$'),
            ('Bucardo', 'schema', '^(bucardo|freezer)$'),
            ('Slony', 'schema', '^_.+$'),
            ('Londiste', 'schema', '^(londiste|pgq|pgq_node|pgq_ext)$'),
            ('SymmetricDS', 'table', '^sym_(node|trigger|data|channel)$'),
            ('AWS DMS', 'table', '^awsdms_'),
            ('AWS DMS', 'event trigger', '^awsdms_'),
            ('Hasura', 'schema', '^(hdb_catalog|hdb_views)$'),
            ('Debezium', 'table', '^debezium_(signal|heartbeat)'),
            ('pgcopydb', 'schema', '^pgcopydb$'),
            ('pg_easy_replicate', 'schema', '^pger$'),
            ('pgstream', 'schema', '^pgstream$')
    ),
    objects (kind, schema, name, here) as (
        select
            'schema',
            n.nspname,
            n.nspname,
            -- Slony names its schemas after the cluster, so only its own table tells.
            n.nspname !~ '^_' or pg_catalog.to_regclass(pg_catalog.format('%I.sl_node', n.nspname)) is not null
        from
            pg_catalog.pg_namespace n
        union all
        select
            'table',
            n.nspname,
            c.relname,
            true
        from
            pg_catalog.pg_class c
            join pg_catalog.pg_namespace n on n.oid = c.relnamespace
        where
            c.relkind in ('r', 'p')
        union all
        select
            'event trigger',
            null,
            t.evtname,
            true
        from
            pg_catalog.pg_event_trigger t
    )
select
    m.tool,
    o.kind,
    case when o.kind = 'table' then pg_catalog.format('%I.%I', o.schema, o.name) else pg_catalog.quote_ident(o.name) end as name
from
    objects o
    join marks m on m.kind = o.kind and o.name ~ m.pattern and o.here
order by
    1,
    2 desc,
    3
