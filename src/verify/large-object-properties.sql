-- Owner, comment, rights and security labels of the large objects $1 (an array of OIDs). Rights as they are in effect: what
-- the owner has by default is listed, too. A grantee of NULL is PUBLIC.
SELECT m.oid::int8                                         AS oid,
       pg_catalog.pg_get_userbyid(m.lomowner)::text        AS owner,
       pg_catalog.obj_description(m.oid, 'pg_largeobject') AS comment,
       (SELECT pg_catalog.json_agg(pg_catalog.json_build_array(
                 CASE WHEN a.grantee <> 0 THEN pg_catalog.pg_get_userbyid(a.grantee)::text END,
                 a.privilege_type, a.is_grantable))
          FROM pg_catalog.aclexplode(COALESCE(m.lomacl, pg_catalog.acldefault('L', m.lomowner))) a) AS grants,
       (SELECT pg_catalog.json_agg(pg_catalog.json_build_array(l.provider, l.label) ORDER BY l.provider COLLATE "C")
          FROM pg_catalog.pg_seclabel l
         WHERE l.classoid = 'pg_catalog.pg_largeobject'::regclass AND l.objoid = m.oid)             AS labels
  FROM unnest($1::oid[]) AS o (oid)
  JOIN pg_catalog.pg_largeobject_metadata m ON m.oid = o.oid
 ORDER BY m.oid
