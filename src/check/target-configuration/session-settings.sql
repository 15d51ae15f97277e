-- Settings of ordinary sessions that decide what a query answers, as our role's sessions begin with them. What an
-- ALTER DATABASE or ALTER ROLE has set travels by itself (travels).
SELECT s.name                                                  AS name,
       s.reset_val                                             AS value,
       s.reset_val IS DISTINCT FROM s.boot_val                 AS changed,
       pg_catalog.current_database()::text                     AS database,
       EXISTS (SELECT FROM pg_catalog.pg_db_role_setting o
                WHERE (o.setdatabase = 0 OR o.setdatabase = (SELECT d.oid FROM pg_catalog.pg_database d
                                                              WHERE d.datname = pg_catalog.current_database()))
                  AND (o.setrole = 0 OR o.setrole = (SELECT r.oid FROM pg_catalog.pg_roles r WHERE r.rolname = CURRENT_USER))
                  AND EXISTS (SELECT FROM pg_catalog.unnest(o.setconfig) c
                               WHERE pg_catalog.lower(pg_catalog.split_part(c, '=', 1)) = pg_catalog.lower(s.name))) AS travels
  FROM pg_catalog.pg_settings s
 WHERE s.name IN ('TimeZone', 'DateStyle', 'IntervalStyle', 'lc_monetary', 'lc_numeric', 'lc_time',
                  'default_text_search_config', 'standard_conforming_strings', 'backslash_quote', 'bytea_output',
                  'extra_float_digits', 'xmlbinary', 'xmloption', 'array_nulls', 'transform_null_equals',
                  'default_transaction_isolation', 'search_path', 'statement_timeout', 'lock_timeout',
                  'idle_in_transaction_session_timeout', 'idle_session_timeout', 'transaction_timeout')
 ORDER BY 1
