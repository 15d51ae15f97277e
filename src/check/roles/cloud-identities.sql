-- Roles that log in by a token of the cloud's identity service: members of the service's roles for that (RDS, Cloud SQL,
-- AlloyDB), or labelled by Azure's pgaadauth. The service's own roles are groups here and not listed.
select
    r.rolname::text as name,
    'a member of ' || g.rolname as by
from
    pg_catalog.pg_auth_members m
    join pg_catalog.pg_roles g on g.oid = m.roleid
    join pg_catalog.pg_roles r on r.oid = m.member
where
    r.rolcanlogin
    and (
        g.rolname in ('rds_iam', 'rds_ad', 'alloydbiamuser', 'alloydbiamgroupuser')
        or g.rolname like 'cloudsqliam%' and r.rolname not like 'cloudsql%'
    )
union
select
    r.rolname::text,
    'labelled by Microsoft Entra'
from
    pg_catalog.pg_shseclabel l
    join pg_catalog.pg_roles r on r.oid = l.objoid
where
    l.classoid = 'pg_catalog.pg_authid'::pg_catalog.regclass and l.provider = 'pgaadauth'
order by
    1
