-- GRANT ... ON PARAMETER, which 15 brought: who may set or ALTER SYSTEM what. The owner's own rights, initdb's superuser's, are left out.
select
    p.parname as parameter,
    case a.grantee when 0 then null else r.rolname::text end as grantee,
    a.privilege_type as privilege,
    a.is_grantable as grantable
from
    pg_catalog.pg_parameter_acl p
    cross join lateral pg_catalog.aclexplode(p.paracl) a
    left join pg_catalog.pg_roles r on r.oid = a.grantee
where
    (a.grantee = 0 or r.oid is not null)
    and a.grantee <> 10
order by
    1,
    2 nulls first,
    3
