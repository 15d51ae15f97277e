-- The extensions that this server offers: their default version, and whether making them takes a superuser (13 brought trust); what is
-- in this database already, and where.
select
    a.name::text as name,
    a.default_version as "defaultVersion",
    v.superuser and not v.trusted as "superuserOnly",
    v.schema::text as "fixedSchema",
    e.extversion as installed,
    n.nspname::text as "installedIn",
    coalesce(e.extrelocatable, false) as relocatable,
    i.rolsuper as superuser
from
    pg_catalog.pg_available_extensions a
    left join pg_catalog.pg_available_extension_versions v on v.name = a.name and v.version = a.default_version
    left join pg_catalog.pg_extension e on e.extname = a.name
    left join pg_catalog.pg_namespace n on n.oid = e.extnamespace
    join pg_catalog.pg_roles i on i.rolname = current_user
order by
    1
