-- Roles and memberships as pg_dumpall shows them on RDS.
alter role rdsadmin set statement_timeout to '0';
alter role rdsadmin set search_path to pg_catalog;
create role rds_superuser nologin;
create role rds_replication nologin;
create role rds_password nologin;
create role rds_iam nologin;
create role rds_ad nologin;
create role rds_extension nologin noinherit;
create role rds_reserved nologin noinherit;
create role rdsrepladmin nologin replication;
create role rdstopmgr login;
create role master_user login createrole createdb valid until 'infinity';
grant rds_password, rds_replication to rds_superuser with admin option;
grant rds_superuser to master_user;
grant pg_monitor to rdstopmgr;
do $$
declare
  name text;
begin
  foreach name in array array['pg_monitor', 'pg_signal_backend', 'pg_read_all_data', 'pg_write_all_data',
    'pg_checkpoint', 'pg_create_subscription', 'pg_use_reserved_connections', 'pg_maintain'] loop
    if exists (select from pg_roles where rolname = name) then
      execute format('grant %I to rds_superuser with admin option', name);
    end if;
  end loop;
end $$;
set allow_in_place_tablespaces = on;
create tablespace rds_temp_tablespace owner rds_superuser location '';
grant all on tablespace rds_temp_tablespace to public;
create database rdsadmin;
revoke all on database rdsadmin from public;
alter database postgres owner to master_user;
alter database template1 owner to master_user;
