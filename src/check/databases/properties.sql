-- What ALTER DATABASE can say of this database and does not travel where the target's is there already.
SELECT pg_catalog.pg_get_userbyid(d.datdba)::text                          AS owner,
       d.datname::text                                                     AS name,
       ARRAY(SELECT s FROM pg_catalog.pg_db_role_setting o, pg_catalog.unnest(o.setconfig) s
              WHERE o.setdatabase = d.oid AND o.setrole = 0 ORDER BY 1)    AS settings,
       ARRAY(SELECT pg_catalog.format('%s: %s', l.provider, l.label)
               FROM pg_catalog.pg_shseclabel l
              WHERE l.classoid = 'pg_catalog.pg_database'::pg_catalog.regclass AND l.objoid = d.oid
              ORDER BY 1)                                                  AS labels
  FROM pg_catalog.pg_database d
 WHERE d.datname = pg_catalog.current_database()
