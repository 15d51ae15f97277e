-- Roles that may log in with a password that is kept as md5, by pg_authid: for those who may read it.
select
    rolname::text as name,
    oid = 10 as bootstrap
from
    pg_catalog.pg_authid
where
    rolcanlogin
    and rolpassword ~ '^md5[0-9a-f]{32}$'
order by
    1
