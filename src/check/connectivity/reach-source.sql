-- Connects from this server to the source as a subscription would, and leaves nothing: to be run in a transaction that is
-- rolled back. The setting pgleap.source holds the connection string, and no log may: an error is caught in here, since the
-- server would log the statement with it; and CREATE SUBSCRIPTION warns that the publication is not there, to which PL/pgSQL
-- adds the statement, but a function in SQL its name alone. The settings pgleap.sqlstate and pgleap.says tell what went wrong.
DO $$
BEGIN
  EXECUTE pg_catalog.format('CREATE FUNCTION pg_temp.pgleap_reach() RETURNS void LANGUAGE sql AS %L',
    pg_catalog.format(
      'CREATE SUBSCRIPTION pgleap_check CONNECTION %L PUBLICATION pgleap_check '
      'WITH (connect = true, create_slot = false, slot_name = NONE, enabled = false, copy_data = false)',
      pg_catalog.current_setting('pgleap.source')));
  PERFORM pg_temp.pgleap_reach();
EXCEPTION WHEN OTHERS THEN
  PERFORM pg_catalog.set_config('pgleap.sqlstate', SQLSTATE, true), pg_catalog.set_config('pgleap.says', SQLERRM, true);
END
$$
