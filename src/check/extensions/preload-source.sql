-- The extensions of this database, with the libraries that the server loads at its start (no row of pg_settings for those who may not see them).
select
    e.extname::text as name,
    s.setting as libraries
from
    pg_catalog.pg_extension e
    left join pg_catalog.pg_settings s on s.name = 'shared_preload_libraries'
order by
    1
