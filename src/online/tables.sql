-- Every relation that rows are kept in, with what decides how its changes travel beside its identity. One row a relation.
SELECT
    c.oid::int8 AS oid,
    n.nspname::text AS schema,
    c.relname::text AS name,
    c.relkind::text AS kind,
    c.relpersistence = 'u' AS unlogged,
    -- Of the files, not of the statistics: a table that was never analyzed is not small.
    CASE WHEN c.relkind IN ('r', 'm') THEN
        (pg_catalog.pg_relation_size(c.oid) + coalesce(pg_catalog.pg_relation_size(nullif(c.reltoastrelid, 0)), 0))::int8
        ELSE 0 END AS bytes,
    pg_catalog.pg_has_role(c.relowner, 'USAGE') AS ours,
    pg_catalog.pg_get_userbyid(c.relowner)::text AS owner,
    -- TRUNCATE of what it references takes it along, or is refused.
    EXISTS (SELECT FROM pg_catalog.pg_constraint k WHERE k.conrelid = c.oid AND k.contype = 'f') AS has_foreign_key,
    EXISTS (
        SELECT FROM pg_catalog.pg_attribute a
        WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND coalesce(pg_catalog.to_jsonb(a) ->> 'attgenerated', '') <> ''
    ) AS has_generated,
    (
        SELECT e.extname::text FROM pg_catalog.pg_depend d
        JOIN pg_catalog.pg_extension e ON e.oid = d.refobjid
        WHERE d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.objid = c.oid AND d.deptype = 'e'
            AND d.refclassid = 'pg_catalog.pg_extension'::pg_catalog.regclass
    ) AS extension,
    (
        SELECT coalesce(e.extcondition[pg_catalog.array_position(e.extconfig, c.oid)], '')
        FROM pg_catalog.pg_extension e WHERE c.oid = ANY (e.extconfig)
    ) AS extension_condition
FROM pg_catalog.pg_class c
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'm', 'f') AND c.relpersistence IN ('p', 'u')
    AND n.nspname !~ '^pg_' AND n.nspname NOT IN ('information_schema', 'pgleap', 'pgleap_online')
ORDER BY n.nspname, c.relname
