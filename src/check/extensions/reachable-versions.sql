-- Of these extensions: the versions that can be made here, or, where one is in this database, that it can be updated to.
select
    v.name::text as name,
    v.version as reachable
from
    pg_catalog.pg_available_extension_versions v
    left join pg_catalog.pg_extension e on e.extname = v.name
where
    v.name = any ($1::pg_catalog.name[])
    and (
        e.oid is null
        or exists (
            select
            from
                pg_catalog.pg_extension_update_paths(v.name) p
            where
                p.source = e.extversion and p.target = v.version and p.path is not null
        )
    )
