-- Tables with row security, and whether it hides rows from the connected role (invariant 3).
select
    pg_catalog.format('%I.%I', n.nspname, c.relname) as name,
    n.nspname::text as schema,
    c.relname::text as table,
    pg_catalog.row_security_active(c.oid) as active,
    c.relforcerowsecurity as forced,
    o.rolname::text as owner,
    o.rolsuper or o.rolbypassrls as bypasses,
    current_user::text as me
from
    pg_catalog.pg_class c
    join pg_catalog.pg_namespace n on n.oid = c.relnamespace
    join pg_catalog.pg_roles o on o.oid = c.relowner
where
    c.relrowsecurity
    and c.relkind in ('r', 'p')
order by
    1
