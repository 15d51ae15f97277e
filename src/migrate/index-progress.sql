-- Index builds of our own sessions in this database, as far as the server tells (PostgreSQL 12 and newer).
select
    -- The index itself is not to be seen before its transaction commits; its statement names it.
    coalesce(
        i.relname,
        substring(a.query from '(?:create|CREATE) (?:unique |UNIQUE )?(?:index|INDEX) ("(?:[^"]|"")+"|\S+) '),
        ''
    ) as index,
    pg_catalog.format('%s.%s', n.nspname, t.relname) as table,
    p.phase,
    case
        when p.blocks_total > 0 and p.phase like '%scanning table%' then p.blocks_done::float8 / p.blocks_total
        when p.tuples_total > 0 then p.tuples_done::float8 / p.tuples_total
        else 0
    end as fraction
from
    pg_catalog.pg_stat_progress_create_index p
    join pg_catalog.pg_stat_activity a on a.pid = p.pid
    join pg_catalog.pg_class t on t.oid = p.relid
    join pg_catalog.pg_namespace n on n.oid = t.relnamespace
    left join pg_catalog.pg_class i on i.oid = p.index_relid
where
    p.datname = pg_catalog.current_database()
    and a.application_name like 'pgleap%'
