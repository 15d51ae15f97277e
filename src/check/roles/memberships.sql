-- Which role is a member of which; from 16 on there can be one row for each grantor.
select distinct
    g.rolname::text as role,
    m.rolname::text as member
from
    pg_catalog.pg_auth_members a
    join pg_catalog.pg_roles g on g.oid = a.roleid
    join pg_catalog.pg_roles m on m.oid = a.member
order by
    1,
    2
