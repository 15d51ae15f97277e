-- Every right on the large object $1, in the order of granting: a role can only pass on what it was granted before. A
-- grantee of NULL is PUBLIC. The owner's own rights come first: whoever they were taken from gets none of them back.
SELECT pg_catalog.pg_get_userbyid(a.grantor)::text                                  AS grantor,
       CASE WHEN a.grantee <> 0 THEN pg_catalog.pg_get_userbyid(a.grantee)::text END AS grantee,
       a.privilege_type                                                             AS privilege,
       a.is_grantable AND a.grantee <> m.lomowner                                   AS grantable
  FROM pg_catalog.pg_largeobject_metadata m
 CROSS JOIN LATERAL aclexplode(m.lomacl) WITH ORDINALITY AS a (grantor, grantee, privilege_type, is_grantable, position)
 WHERE m.oid = $1::oid
 ORDER BY a.grantee <> m.lomowner, a.grantor <> m.lomowner, a.position
