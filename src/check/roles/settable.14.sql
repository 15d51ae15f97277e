-- Whether the connected role may set these parameters for a role or database, of those that not everybody may: what only superusers
-- set, and placeholders of extensions that are not loaded (guc.c, validate_option_array_item).
select
    w.parameter,
    i.rolsuper as settable
from
    pg_catalog.unnest($1::text[]) w (parameter)
    left join pg_catalog.pg_settings s on pg_catalog.lower(s.name) = w.parameter
    join pg_catalog.pg_roles i on i.rolname = current_user
where
    s.context in ('superuser', 'superuser-backend')
    or s.name is null and w.parameter like '%.%'
