-- ALTER DEFAULT PRIVILEGES of this database, by the role whose objects they are for.
select
    r.rolname::text as role,
    pg_catalog.array_agg(
        case d.defaclobjtype
            when 'r' then 'tables'
            when 'S' then 'sequences'
            when 'f' then 'functions'
            when 'T' then 'types'
            when 'n' then 'schemas'
            else 'large objects'
        end || coalesce(' in schema ' || n.nspname, '')
        order by
            n.nspname,
            d.defaclobjtype
    ) as objects
from
    pg_catalog.pg_default_acl d
    join pg_catalog.pg_roles r on r.oid = d.defaclrole
    left join pg_catalog.pg_namespace n on n.oid = d.defaclnamespace
group by
    1
order by
    1
