-- The parameters that this server knows.
select
    pg_catalog.lower(name) as parameter
from
    pg_catalog.pg_settings
