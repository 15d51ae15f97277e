-- Every ALTER ROLE ... SET, ALTER DATABASE ... SET and ALTER ROLE ... IN DATABASE ... SET of the server, one row a
-- parameter. `here` is what concerns the connected database alone, and `connects` whether the role may connect to it.
select
    r.rolname::text as role,
    d.datname::text as database,
    pg_catalog.lower(pg_catalog.split_part(s.setting, '=', 1)) as parameter,
    pg_catalog.substr(s.setting, pg_catalog.strpos(s.setting, '=') + 1) as value,
    d.datname is not null and d.datname = pg_catalog.current_database() as here,
    r.rolname is null or r.rolcanlogin and pg_catalog.has_database_privilege(r.oid, pg_catalog.current_database(), 'CONNECT') as connects
from
    pg_catalog.pg_db_role_setting o
    left join pg_catalog.pg_roles r on r.oid = o.setrole
    left join pg_catalog.pg_database d on d.oid = o.setdatabase
    cross join lateral pg_catalog.unnest(o.setconfig) s (setting)
where
    (o.setrole = 0 or r.oid is not null)
    and (o.setdatabase = 0 or d.oid is not null)
order by
    1 nulls first,
    2 nulls first,
    3
