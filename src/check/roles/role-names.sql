select
    rolname::text as role
from
    pg_catalog.pg_roles
