-- Every parameter that this user may see, with the value that a new session of the user gets: sessions of ours change
-- some for themselves, hence the value that RESET would bring back. Run as somebody without pg_read_all_settings it lacks a few.
SELECT s.name,
       s.reset_val AS value,
       s.boot_val AS "default",
       s.unit,
       s.vartype AS type,
       s.context,
       pg_catalog.pg_has_role('pg_read_all_settings', 'USAGE') AS sees_all,
       CURRENT_USER::pg_catalog.text AS "user"
  FROM pg_catalog.pg_settings s
 WHERE s.context <> 'internal'
 ORDER BY 1
