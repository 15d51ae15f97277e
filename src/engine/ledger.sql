-- The ledger of one run, in the target database (D3). Everything in it is data about the migration, never a secret.
-- A change here is a new number in pgleap.format: a run is resumed only by a pgleap that knows its format.
CREATE SCHEMA pgleap;
COMMENT ON SCHEMA pgleap IS 'The ledger of a pgleap run: what is done and what is left. pgleap drops it when the run is finished.';
REVOKE ALL ON SCHEMA pgleap FROM PUBLIC;

CREATE TABLE pgleap.format (
  version integer NOT NULL
);

CREATE TABLE pgleap.run (
  id uuid PRIMARY KEY,
  started_at timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp(),
  pgleap_version text NOT NULL,
  -- What identifies the source; never a password.
  source jsonb NOT NULL,
  -- The exported snapshot that all parts are read in.
  snapshot text NOT NULL,
  options jsonb NOT NULL,
  -- Of all steps, so that a plan that was changed by hand is noticed.
  plan_hash text NOT NULL,
  state text NOT NULL
);

CREATE TABLE pgleap.step (
  id integer PRIMARY KEY,
  kind text NOT NULL,
  label text NOT NULL,
  "table" text,
  -- numeric, because estimates may have fractions and must come back exactly as the plan's hash has them.
  bytes numeric NOT NULL,
  cost numeric NOT NULL,
  stage integer NOT NULL,
  "dependsOn" integer[] NOT NULL,
  after integer[] NOT NULL,
  locks jsonb NOT NULL,
  batch text,
  work jsonb NOT NULL
);

-- A row is written by the transaction that did the step's work: the two are there together or not at all.
CREATE TABLE pgleap.done (
  step integer PRIMARY KEY,
  run uuid NOT NULL,
  finished_at timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp(),
  ms double precision NOT NULL,
  bytes bigint NOT NULL,
  rows bigint NOT NULL
);

CREATE TABLE pgleap.failure (
  step integer PRIMARY KEY,
  code text NOT NULL,
  sqlstate text,
  message text NOT NULL,
  hint text,
  at timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp()
);
