-- The roles of this server, who their members are, and whether the connected role may make others a member of them: it
-- needs ADMIN OPTION (user.c, check_role_membership_authorization); up to 15, CREATEROLE did for all but superusers.
select
    r.rolname::text as role,
    coalesce(
        (
            select
                pg_catalog.array_agg(distinct m.rolname::text)
            from
                pg_catalog.pg_auth_members a
                join pg_catalog.pg_roles m on m.oid = a.member
            where
                a.roleid = r.oid
        ),
        '{}'
    ) as members,
    current_user::text as me,
    r.rolsuper as superuser,
    i.rolsuper
    or not r.rolsuper
    and (
        pg_catalog.pg_has_role(r.oid, 'MEMBER WITH ADMIN OPTION')
        or i.rolcreaterole and pg_catalog.current_setting('server_version_num')::pg_catalog.int4 < 160000
    ) as grantable
from
    pg_catalog.pg_roles r
    join pg_catalog.pg_roles i on i.rolname = current_user
order by
    1
