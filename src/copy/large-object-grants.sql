-- Where rights in the range $1..$2 differ from what every large object starts with (all rights for its owner):
-- what owners lost, and what others were granted. A grantee of NULL is PUBLIC.
WITH objects AS (
  SELECT m.oid, m.lomowner, m.lomacl
    FROM pg_catalog.pg_largeobject_metadata m
   WHERE m.oid BETWEEN $1::oid AND $2::oid AND m.lomacl IS NOT NULL
)
SELECT 'revoke'                                            AS verb,
       pg_catalog.pg_get_userbyid(o.lomowner)::text        AS grantor,
       pg_catalog.pg_get_userbyid(o.lomowner)::text        AS grantee,
       false                                               AS delegated,
       d.privilege_type                                    AS privilege,
       false                                               AS grantable,
       0                                                   AS position,
       array_agg(o.oid::text ORDER BY o.oid)               AS oids
  FROM objects o
 CROSS JOIN LATERAL aclexplode(acldefault('L', o.lomowner)) d
 WHERE NOT EXISTS (SELECT
                     FROM aclexplode(o.lomacl) a
                    WHERE a.grantee = o.lomowner AND a.privilege_type = d.privilege_type)
 GROUP BY o.lomowner, d.privilege_type
UNION ALL
SELECT 'grant',
       pg_catalog.pg_get_userbyid(a.grantor)::text,
       CASE WHEN a.grantee <> 0 THEN pg_catalog.pg_get_userbyid(a.grantee)::text END,
       a.grantor <> o.lomowner,
       a.privilege_type,
       a.is_grantable,
       min(a.position),
       array_agg(o.oid::text ORDER BY o.oid)
  FROM objects o
 CROSS JOIN LATERAL aclexplode(o.lomacl) WITH ORDINALITY AS a (grantor, grantee, privilege_type, is_grantable, position)
 WHERE a.grantee <> o.lomowner
 GROUP BY a.grantor, a.grantee, a.grantor <> o.lomowner, a.privilege_type, a.is_grantable
 -- A role can only pass on what it was granted before: pg_class.h keeps the items in the order of their granting.
 ORDER BY delegated, position, privilege
