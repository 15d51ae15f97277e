-- The record of one plain script that is being restored, in the database that the user named (D3). It holds no statement and
-- no value of the script, so never a secret. The schema and its comment are as those of a run's ledger, so that each knows the other.
CREATE SCHEMA pgleap;
COMMENT ON SCHEMA pgleap IS 'The ledger of a pgleap run: what of a script is done and what is left. pgleap drops it when the run is finished.';
REVOKE ALL ON SCHEMA pgleap FROM PUBLIC;

CREATE TABLE pgleap.script (
  version integer NOT NULL,
  started_at timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp(),
  pgleap_version text NOT NULL,
  -- Of the whole script: it is gone on with by nothing but the same.
  sha256 text NOT NULL,
  bytes bigint NOT NULL,
  -- Roles that were there before the run, whose attributes and passwords are left alone.
  existing_roles text[] NOT NULL,
  -- Everything before this byte is done. Moved by the transaction that does the statement, where that works in this database.
  done_to bigint NOT NULL,
  -- What is about to be committed by another session: the byte behind it and its transaction, or none where the
  -- statement runs outside of one. The server knows what became of a transaction.
  next_to bigint,
  next_xid text
);

-- What the server has answered so far, and what was left out; equal ones are counted.
CREATE TABLE pgleap.script_message (
  id integer PRIMARY KEY,
  sort text NOT NULL,
  line bigint NOT NULL,
  last_line bigint NOT NULL,
  times bigint NOT NULL,
  database text NOT NULL,
  statement text NOT NULL,
  sqlstate text,
  message text NOT NULL,
  reason text,
  -- The name of what was not made by it.
  missing text,
  -- The message that it follows from.
  follows integer
);
