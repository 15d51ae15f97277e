-- Whether the password verifiers can be read here, and the roles that may log in (whether they have one cannot be seen otherwise).
select
    r.rolname::text as name,
    r.oid = 10 as bootstrap,
    pg_catalog.has_column_privilege('pg_catalog.pg_authid', 'rolpassword', 'SELECT')
    or pg_catalog.has_table_privilege('pg_catalog.pg_shadow', 'SELECT') as readable
from
    pg_catalog.pg_roles r
where
    r.rolcanlogin
order by
    1
