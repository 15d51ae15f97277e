create role aptible login superuser createrole createdb replication bypassrls;
create database db owner aptible;
