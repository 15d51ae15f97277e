-- Owner, comment and rights of the large objects over $1, up to $2 (both OIDs). Rights as they are in effect: what the
-- owner has by default is listed, too. A grantee of NULL is PUBLIC.
SELECT m.oid::int8                                         AS oid,
       pg_catalog.pg_get_userbyid(m.lomowner)::text        AS owner,
       pg_catalog.obj_description(m.oid, 'pg_largeobject') AS comment,
       (SELECT pg_catalog.json_agg(pg_catalog.json_build_array(
                 CASE WHEN a.grantee <> 0 THEN pg_catalog.pg_get_userbyid(a.grantee)::text END,
                 a.privilege_type, a.is_grantable))
          FROM pg_catalog.aclexplode(COALESCE(m.lomacl, pg_catalog.acldefault('L', m.lomowner))) a) AS grants
  FROM pg_catalog.pg_largeobject_metadata m
 WHERE m.oid > $1::oid AND m.oid <= $2::oid
 ORDER BY m.oid
