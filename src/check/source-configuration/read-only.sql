-- Where default_transaction_read_only comes from for our role in this database: the most particular setting first
-- (postinit.c, process_settings); the server's where there is none. Our own sessions set it, too: reset_val is what was there before.
SELECT s.reset_val = 'on' AS read_only,
       o.setconfig IS NULL AS by_server,
       r.rolname::text    AS role,
       d.datname::text    AS database
  FROM pg_catalog.pg_settings s
  LEFT JOIN (pg_catalog.pg_db_role_setting o
             LEFT JOIN pg_catalog.pg_roles r ON r.oid = o.setrole
             LEFT JOIN pg_catalog.pg_database d ON d.oid = o.setdatabase)
    ON (o.setrole = 0 OR r.rolname = CURRENT_USER)
   AND (o.setdatabase = 0 OR d.datname = pg_catalog.current_database())
   AND EXISTS (SELECT FROM pg_catalog.unnest(o.setconfig) c WHERE c LIKE 'default\_transaction\_read\_only=%')
 WHERE s.name = 'default_transaction_read_only'
 ORDER BY o.setrole = 0, o.setdatabase = 0
 LIMIT 1
