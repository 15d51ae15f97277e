-- Every table that holds rows of the user's own, with what decides how its changes travel. One row a table.
SELECT
    n.nspname::text AS schema,
    c.relname::text AS name,
    c.relpersistence = 'u' AS unlogged,
    c.relreplident::text AS identity,
    (pg_catalog.pg_relation_size(c.oid) + coalesce(pg_catalog.pg_relation_size(nullif(c.reltoastrelid, 0)), 0))::int8 AS bytes,
    -- A primary key that serves as the default identity: a deferrable one does not (relation.c, RelationGetIndexList).
    EXISTS (
        SELECT FROM pg_catalog.pg_index i
        WHERE i.indrelid = c.oid AND i.indisprimary AND i.indimmediate AND i.indisvalid
    ) AS has_key,
    EXISTS (
        SELECT FROM pg_catalog.pg_index i
        WHERE i.indrelid = c.oid AND i.indisreplident AND i.indisvalid
    ) AS has_identity_index,
    -- An index that ALTER TABLE ... REPLICA IDENTITY USING INDEX takes (tablecmds.c, ATExecReplicaIdentity).
    (
        SELECT ic.relname::text
        FROM pg_catalog.pg_index i
        JOIN pg_catalog.pg_class ic ON ic.oid = i.indexrelid
        WHERE i.indrelid = c.oid AND i.indisunique AND i.indimmediate AND i.indisvalid
            AND i.indpred IS NULL AND i.indexprs IS NULL
            AND NOT EXISTS (
                SELECT FROM pg_catalog.pg_attribute a
                WHERE a.attrelid = c.oid AND a.attnum = ANY (i.indkey) AND a.attnum <> 0
                    AND (NOT a.attnotnull OR a.attgenerated <> '')
            )
        ORDER BY i.indnatts, ic.relname
        LIMIT 1
    ) AS usable_index,
    -- The first column that a subscriber cannot compare: FULL needs a default btree or hash operator class of its type.
    (
        SELECT a.attname::text
        FROM pg_catalog.pg_attribute a
        JOIN pg_catalog.pg_type t ON t.oid = a.atttypid
        WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
            AND NOT EXISTS (
                SELECT FROM pg_catalog.pg_opclass o
                JOIN pg_catalog.pg_am am ON am.oid = o.opcmethod AND am.amname IN ('btree', 'hash')
                WHERE o.opcdefault
                    AND (
                        o.opcintype = coalesce(nullif(t.typbasetype, 0), t.oid)
                        OR (t.typtype = 'e' AND o.opcintype = 'pg_catalog.anyenum'::pg_catalog.regtype)
                        OR (t.typtype = 'r' AND o.opcintype = 'pg_catalog.anyrange'::pg_catalog.regtype)
                        OR (t.typname = 'varchar' AND o.opcintype = 'pg_catalog.text'::pg_catalog.regtype)
                        OR (coalesce(nullif(t.typbasetype, 0), t.oid) = 'pg_catalog.varchar'::pg_catalog.regtype AND o.opcintype = 'pg_catalog.text'::pg_catalog.regtype)
                        OR (
                            t.typcategory = 'A' AND o.opcintype = 'pg_catalog.anyarray'::pg_catalog.regtype
                            AND EXISTS (
                                SELECT FROM pg_catalog.pg_opclass e
                                WHERE e.opcdefault AND (e.opcintype = t.typelem OR t.typelem = 'pg_catalog.varchar'::pg_catalog.regtype)
                            )
                        )
                    )
            )
        ORDER BY a.attnum
        LIMIT 1
    ) AS incomparable_column,
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
WHERE c.relkind = 'r' AND c.relpersistence IN ('p', 'u')
    AND n.nspname !~ '^pg_' AND n.nspname NOT IN ('information_schema', 'pgleap', 'pgleap_online')
ORDER BY n.nspname, c.relname
