-- Whether the connected role may make schemas in this database; the ledger needs one of its own (D3).
select
    pg_catalog.current_database()::text as database,
    current_user::text as me
where
    not pg_catalog.has_database_privilege(pg_catalog.current_database(), 'CREATE')
