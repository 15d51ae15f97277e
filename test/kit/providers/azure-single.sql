-- The retired service ran 9.5 to 11; there the administrator read the verifiers. Its Windows locales cannot be had.
create role azure_pg_admin nologin;
create role server_admin login createrole createdb replication;
grant azure_pg_admin to server_admin;
grant pg_monitor, pg_read_all_settings, pg_read_all_stats, pg_stat_scan_tables to azure_pg_admin with admin option;
create database azure_maintenance;
revoke all on database azure_maintenance from public;
create database azure_sys;
revoke all on database azure_sys from public;
grant select on pg_catalog.pg_authid, pg_catalog.pg_shadow to azure_pg_admin;
\connect template1
grant select on pg_catalog.pg_authid, pg_catalog.pg_shadow to azure_pg_admin;
