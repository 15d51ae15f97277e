-- Time limits that a session of this user gets here, from the server, the database or the role. Ours are set to 0 on
-- our own sessions, hence the value that RESET would bring back.
SELECT s.name, s.reset_val AS ms
  FROM pg_catalog.pg_settings s
 WHERE s.name IN ('statement_timeout', 'lock_timeout', 'idle_in_transaction_session_timeout', 'idle_session_timeout',
                  'transaction_timeout')
   AND s.reset_val <> '0'
 ORDER BY 1
