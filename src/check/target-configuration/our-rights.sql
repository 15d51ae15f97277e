-- What our role may do on the target: make schemas in the database, and give objects to other roles (from PostgreSQL 16
-- on that takes the SET option of a membership). Superusers among those are left out: nobody should be made their member.
SELECT CURRENT_USER::text                                                                 AS role,
       pg_catalog.current_database()::text                                                AS database,
       pg_catalog.has_database_privilege(pg_catalog.current_database(), 'CREATE')         AS may_create,
       ARRAY(SELECT r.rolname::text
               FROM pg_catalog.pg_roles r
              WHERE NOT r.rolsuper AND r.rolname !~ '^pg_'
                AND NOT pg_catalog.pg_has_role(r.oid,
                      CASE WHEN pg_catalog.current_setting('server_version_num')::int4 >= 160000 THEN 'SET' ELSE 'MEMBER' END)
              ORDER BY 1)                                                                 AS out_of_reach
