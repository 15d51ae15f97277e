-- A grantee of NULL is PUBLIC.
SELECT CASE WHEN a.grantee <> 0 THEN pg_catalog.pg_get_userbyid(a.grantee)::text END AS grantee,
       a.privilege_type                                AS privilege,
       a.is_grantable                                  AS grantable,
       pg_catalog.pg_get_userbyid(a.grantor)::text     AS grantor
  FROM pg_catalog.pg_database d
 CROSS JOIN LATERAL pg_catalog.aclexplode(d.datacl) WITH ORDINALITY AS a (grantor, grantee, privilege_type, is_grantable, position)
 WHERE d.datname = pg_catalog.current_database()
 ORDER BY a.position
