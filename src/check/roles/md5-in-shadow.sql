-- Roles that may log in with a password that is kept as md5, by pg_shadow: the view that some services open up.
select
    usename::text as name,
    usesysid = 10 as bootstrap
from
    pg_catalog.pg_shadow
where
    passwd ~ '^md5[0-9a-f]{32}$'
order by
    1
