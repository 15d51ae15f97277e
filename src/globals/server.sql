-- Who asks, and what of the server everybody may know. The superuser that initdb made has oid 10 (pg_authid.dat).
SELECT CURRENT_USER::text                                                            AS user,
       (SELECT r.rolname::text FROM pg_catalog.pg_roles r WHERE r.oid = 10)          AS bootstrap,
       ARRAY(SELECT d.datname::text FROM pg_catalog.pg_database d ORDER BY 1)        AS databases,
       pg_catalog.has_column_privilege('pg_catalog.pg_authid', 'rolpassword', 'SELECT') AS reads_authid,
       pg_catalog.has_column_privilege('pg_catalog.pg_shadow', 'passwd', 'SELECT')   AS reads_shadow
