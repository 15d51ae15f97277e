-- PostgreSQL 15 and newer: GRANT SET and ALTER SYSTEM ON PARAMETER. A grantee of NULL is PUBLIC; the superuser of initdb,
-- to whom all parameters belong, is left out.
SELECT p.parname                                                                  AS parameter,
       CASE WHEN a.grantee <> 0 THEN pg_catalog.pg_get_userbyid(a.grantee)::text END AS grantee,
       a.privilege_type                                                           AS privilege,
       a.is_grantable                                                             AS grantable
  FROM pg_catalog.pg_parameter_acl p
 CROSS JOIN LATERAL pg_catalog.aclexplode(p.paracl) AS a
 WHERE a.grantee <> 10
 ORDER BY 1, 2, 3
