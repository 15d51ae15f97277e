-- The large objects of this database, as far as they decide whether and how fast they can be replaced in the pause: how many
-- there are, what they take, who owns them, which owners' rights our role has not (it may not remove theirs), and how many it
-- may not read (aclchk.c, pg_largeobject_aclcheck_snapshot).
SELECT
    pg_catalog.count(*)::int8 AS count,
    pg_catalog.pg_relation_size('pg_catalog.pg_largeobject'::pg_catalog.regclass)::int8 AS bytes,
    coalesce(pg_catalog.array_agg(DISTINCT o.rolname::text), '{}') AS owners,
    coalesce(pg_catalog.array_agg(DISTINCT o.rolname::text) FILTER (WHERE NOT pg_catalog.pg_has_role(o.oid, 'USAGE')), '{}') AS beyond,
    pg_catalog.count(*) FILTER (
        WHERE NOT pg_catalog.pg_has_role(o.oid, 'USAGE')
            AND NOT EXISTS (
                SELECT FROM pg_catalog.aclexplode(m.lomacl) a
                WHERE a.privilege_type = 'SELECT' AND (a.grantee = 0 OR pg_catalog.pg_has_role(a.grantee, 'USAGE'))
            )
    )::int8 AS unreadable
FROM pg_catalog.pg_largeobject_metadata m
JOIN pg_catalog.pg_roles o ON o.oid = m.lomowner
