-- The roles of this server, and whether the connected role may give objects to them and change their default privileges: that
-- takes membership; up to 15 of any kind.
select
    r.rolname::text as role,
    r.rolsuper as superuser,
    pg_catalog.pg_has_role(r.oid, 'MEMBER') as owns,
    pg_catalog.pg_has_role(r.oid, 'MEMBER') as acts,
    current_user::text as me
from
    pg_catalog.pg_roles r
