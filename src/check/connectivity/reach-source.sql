-- Connects from this server to the source as a subscription would, and leaves nothing: to be run in a transaction that is
-- rolled back. The setting pgleap.source holds the connection string. The error is caught in here, since the server would
-- log the statement, and the password with it; the settings pgleap.sqlstate and pgleap.says tell what it was.
DO $$
BEGIN
  EXECUTE pg_catalog.format(
    'CREATE SUBSCRIPTION pgleap_check CONNECTION %L PUBLICATION pgleap_check '
    'WITH (connect = true, create_slot = false, slot_name = NONE, enabled = false, copy_data = false)',
    pg_catalog.current_setting('pgleap.source'));
EXCEPTION WHEN OTHERS THEN
  PERFORM pg_catalog.set_config('pgleap.sqlstate', SQLSTATE, true), pg_catalog.set_config('pgleap.says', SQLERRM, true);
END
$$
