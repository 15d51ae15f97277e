-- The same with rights on parameters, which 15 brought.
select
    w.parameter,
    i.rolsuper or pg_catalog.has_parameter_privilege(w.parameter, 'SET') as settable
from
    pg_catalog.unnest($1::text[]) w (parameter)
    left join pg_catalog.pg_settings s on pg_catalog.lower(s.name) = w.parameter
    join pg_catalog.pg_roles i on i.rolname = current_user
where
    s.context in ('superuser', 'superuser-backend')
    or s.name is null and w.parameter like '%.%'
