-- Foreign servers: where they point, and whose user mappings have options that this role may not see (passwords are among them).
SELECT 'pg_catalog'                                                              AS schema,
       s.srvname::text                                                           AS name,
       f.fdwname::text                                                           AS wrapper,
       (SELECT o.option_value FROM pg_catalog.pg_options_to_table(s.srvoptions) o WHERE o.option_name = 'host')   AS host,
       (SELECT o.option_value FROM pg_catalog.pg_options_to_table(s.srvoptions) o WHERE o.option_name = 'hostaddr') AS hostaddr,
       (SELECT o.option_value FROM pg_catalog.pg_options_to_table(s.srvoptions) o WHERE o.option_name = 'dbname') AS dbname,
       host(pg_catalog.inet_server_addr())                                       AS own_address,
       EXISTS (SELECT
                 FROM pg_catalog.pg_foreign_table t
                CROSS JOIN LATERAL pg_catalog.pg_options_to_table(t.ftoptions) o
                WHERE t.ftserver = s.oid AND o.option_name IN ('filename', 'program')) AS reads_files,
       (SELECT count(*) FROM pg_catalog.pg_foreign_table t WHERE t.ftserver = s.oid)::int4 AS tables,
       ARRAY(SELECT m.usename::text
               FROM pg_catalog.pg_user_mappings m
              WHERE m.srvid = s.oid AND m.umoptions IS NULL
                AND NOT (SELECT r.rolsuper FROM pg_catalog.pg_roles r WHERE r.rolname = current_user)
              ORDER BY 1)                                                        AS hidden_mappings
  FROM pg_catalog.pg_foreign_server s
  JOIN pg_catalog.pg_foreign_data_wrapper f ON f.oid = s.srvfdw
 WHERE NOT EXISTS (SELECT
                     FROM pg_catalog.pg_depend d
                    WHERE d.classid = 'pg_catalog.pg_foreign_server'::pg_catalog.regclass AND d.objid = s.oid AND d.deptype = 'e')
 ORDER BY 2
