-- The extensions that customers may make here, on services that have such a list (Azure, RDS); no row elsewhere.
select
    s.setting,
    pg_catalog.current_setting(s.setting, true) as allowed
from
    (values ('azure.extensions'), ('rds.allowed_extensions')) s (setting)
where
    pg_catalog.current_setting(s.setting, true) is not null
