-- The record of the run of a whole server. It is all that there is in a database of its own on the target: whoever makes
-- databases there can make one more, and needs no right in anybody else's. Everything in it is data about the
-- migration, never a secret. The databases' own ledgers tell what is done within each.
CREATE SCHEMA pgleap;
COMMENT ON SCHEMA pgleap IS 'The record of a pgleap run of a whole server. pgleap drops its database when the run is finished.';
REVOKE ALL ON SCHEMA pgleap FROM PUBLIC;

CREATE TABLE pgleap.server_run (
  -- A change of this file is a new number: a run is gone on with only by a pgleap that knows its format.
  format integer NOT NULL,
  started_at timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp(),
  -- What identifies the source; never a password.
  source jsonb NOT NULL,
  options jsonb NOT NULL,
  left_out jsonb NOT NULL,
  -- What was done about roles, once it was.
  roles jsonb
);

CREATE TABLE pgleap.database (
  name text PRIMARY KEY,
  bytes bigint,
  -- Whether this run makes it: written down before it is made, so that a run that was killed knows its own.
  created boolean NOT NULL,
  -- Where on the target; NULL for the default tablespace.
  tablespace text,
  -- The target's name of each tablespace that has another one.
  tablespace_map jsonb NOT NULL,
  state text NOT NULL,
  -- Written before the database's ledger is dropped: one of the two is always there.
  report jsonb,
  error jsonb
);
