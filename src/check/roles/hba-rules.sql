-- pg_hba.conf, as the file stands (the server may not have read it yet), in the order in which its lines are tried.
select
    h.line_number as line,
    h.type,
    h.database as databases,
    h.user_name as users,
    h.address,
    h.netmask,
    h.auth_method as method,
    coalesce(pg_catalog.array_to_string(h.options, ' '), '') as options,
    pg_catalog.current_database()::text as "current"
from
    pg_catalog.pg_hba_file_rules h
where
    h.error is null
order by
    h.line_number
