-- Every parameter that this user may see, with the value that a new session of the user gets: sessions of ours change
-- some for themselves, hence the value that RESET would bring back. Somebody without pg_read_all_settings sees a few less.
-- What an ALTER DATABASE or ALTER ROLE has set for this user travels with the database and the role.
SELECT s.name,
       s.reset_val AS value,
       s.boot_val AS "default",
       s.unit,
       s.context,
       EXISTS (SELECT
                 FROM pg_catalog.pg_db_role_setting o
                WHERE (o.setdatabase = 0
                    OR o.setdatabase = (SELECT d.oid FROM pg_catalog.pg_database d WHERE d.datname = pg_catalog.current_database()))
                  AND (o.setrole = 0 OR o.setrole = (SELECT r.oid FROM pg_catalog.pg_roles r WHERE r.rolname = CURRENT_USER))
                  AND EXISTS (SELECT FROM pg_catalog.unnest(o.setconfig) c
                               WHERE pg_catalog.lower(pg_catalog.split_part(c, '=', 1)) = pg_catalog.lower(s.name))) AS travels,
       pg_catalog.pg_has_role('pg_read_all_settings', 'USAGE') AS sees_all,
       CURRENT_USER::pg_catalog.text AS "user"
  FROM pg_catalog.pg_settings s
 WHERE s.context <> 'internal'
 ORDER BY 1
