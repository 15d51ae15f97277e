-- The extensions of this database, and where they are.
select
    e.extname::text as name,
    n.nspname::text as schema
from
    pg_catalog.pg_extension e
    join pg_catalog.pg_namespace n on n.oid = e.extnamespace
