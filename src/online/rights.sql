-- What a cutover does beside replication, in this database, and whether our role may.
SELECT
    r.rolname::text AS role,
    d.datname::text AS database,
    pg_catalog.pg_get_userbyid(d.datdba)::text AS owner,
    pg_catalog.pg_has_role(d.datdba, 'USAGE') AS may_close,
    r.rolsuper OR pg_catalog.pg_has_role('pg_signal_backend', 'USAGE') AS may_end,
    r.rolsuper OR pg_catalog.pg_has_role('pg_read_all_stats', 'USAGE') AS may_see,
    r.rolsuper OR r.rolreplication AS may_replicate,
    ARRAY(SELECT m.rolname::text FROM pg_catalog.pg_roles m WHERE pg_catalog.pg_has_role(m.oid, 'MEMBER')) AS member_of
FROM pg_catalog.pg_roles r, pg_catalog.pg_database d
WHERE r.rolname = CURRENT_USER AND d.datname = pg_catalog.current_database()
