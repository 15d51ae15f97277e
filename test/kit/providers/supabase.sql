-- A project's database: the service's roles and schemas, and an administrator called postgres who is no superuser.
create role postgres login createrole createdb replication bypassrls;
create role anon nologin noinherit;
create role authenticated nologin noinherit;
create role service_role nologin noinherit bypassrls;
create role authenticator login noinherit;
grant anon, authenticated, service_role to authenticator;
grant anon, authenticated, service_role, authenticator to postgres with admin option;
create role dashboard_user nologin createrole createdb replication;
create role pgbouncer login;
create role supabase_auth_admin login noinherit createrole;
create role supabase_storage_admin login noinherit createrole;
create role supabase_functions_admin login noinherit createrole;
create role supabase_replication_admin login replication;
create role supabase_read_only_user login bypassrls;
create role supabase_realtime_admin nologin noinherit;
create role supabase_etl_admin login replication;
create role supabase_privileged_role nologin;
alter role anon set statement_timeout to '3s';
alter role authenticator set session_preload_libraries to '';
alter role postgres set search_path to "$user", public, extensions;
do $$
declare
  name text;
begin
  foreach name in array array['pg_monitor', 'pg_signal_backend', 'pg_read_all_data', 'pg_create_subscription'] loop
    if exists (select from pg_roles where rolname = name) then
      execute format('grant %I to postgres with admin option', name);
    end if;
  end loop;
end $$;

alter database postgres owner to postgres;
alter schema public owner to postgres;
create schema auth authorization supabase_auth_admin;
create schema storage authorization supabase_storage_admin;
create schema realtime authorization supabase_admin;
create schema _realtime authorization supabase_admin;
create schema graphql authorization supabase_admin;
create schema graphql_public authorization supabase_admin;
create schema vault authorization supabase_admin;
create schema pgbouncer authorization pgbouncer;
create schema extensions authorization postgres;
grant usage on schema public, auth, storage, extensions to postgres, anon, authenticated, service_role;
alter default privileges for role postgres in schema public grant all on tables to anon, authenticated, service_role;

create table auth.users (id uuid primary key, email text unique);
alter table auth.users owner to supabase_auth_admin;
grant select, references on auth.users to postgres;
create function auth.uid() returns uuid stable language sql
  as $$ select nullif(current_setting('request.jwt.claim.sub', true), '')::uuid $$;
alter function auth.uid() owner to supabase_auth_admin;
create table storage.objects (id bigint primary key, name text, owner uuid references auth.users);
alter table storage.objects owner to supabase_storage_admin;
alter table storage.objects enable row level security;

create function extensions.pgrst_ddl_watch() returns event_trigger language plpgsql
  as $$ begin notify pgrst, 'reload schema'; end $$;
alter function extensions.pgrst_ddl_watch() owner to supabase_admin;
create event trigger pgrst_ddl_watch on ddl_command_end execute function extensions.pgrst_ddl_watch();
create publication supabase_realtime;
alter publication supabase_realtime owner to postgres;
