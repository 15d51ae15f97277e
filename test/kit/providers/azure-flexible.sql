-- Roles, memberships and owners as pg_dumpall shows them on a Flexible Server of 16.
alter role azuresu set search_path to pg_catalog;
create role azure_pg_admin nologin;
create role replication login replication;
create role server_admin login createrole createdb;
grant azure_pg_admin to server_admin with admin option;
do $$
declare
  name text;
begin
  foreach name in array array['pg_monitor', 'pg_read_all_settings', 'pg_read_all_stats', 'pg_signal_backend',
    'pg_stat_scan_tables', 'pg_read_all_data', 'pg_checkpoint', 'pg_create_subscription'] loop
    if exists (select from pg_roles where rolname = name) then
      execute format('grant %I to azure_pg_admin with admin option', name);
    end if;
  end loop;
  -- Whoever has an attribute can give it from 16 on (user.c, CreateRole); before that only superusers can.
  if current_setting('server_version_num')::int >= 160000 then
    alter role server_admin replication bypassrls;
    grant pg_use_reserved_connections to replication;
  end if;
end $$;
set allow_in_place_tablespaces = on;
create tablespace temptblspace owner azure_pg_admin location '';
create database azure_maintenance;
revoke all on database azure_maintenance from public;
create database azure_sys;
revoke all on database azure_sys from public;
alter database postgres owner to azure_pg_admin;
alter schema public owner to azure_pg_admin;
grant execute on function pg_catalog.pg_replication_origin_advance(text, pg_lsn),
  pg_catalog.pg_replication_origin_create(text), pg_catalog.pg_replication_origin_drop(text),
  pg_catalog.pg_replication_origin_oid(text) to azure_pg_admin;
\connect template1
alter schema public owner to azure_pg_admin;
grant execute on function pg_catalog.pg_replication_origin_advance(text, pg_lsn),
  pg_catalog.pg_replication_origin_create(text), pg_catalog.pg_replication_origin_drop(text),
  pg_catalog.pg_replication_origin_oid(text) to azure_pg_admin;
