-- What an online migration is and has made, in the target database (D3): enough for any process to go on, to go back and
-- to clean up. No secret is in it. A change here is a new number in pgleap_online.migration.format.
CREATE SCHEMA pgleap_online;
COMMENT ON SCHEMA pgleap_online IS 'The record of a pgleap online migration. `pgleap online finish` or `abort` drops it.';
REVOKE ALL ON SCHEMA pgleap_online FROM PUBLIC;

CREATE TABLE pgleap_online.migration (
  format integer NOT NULL,
  -- Eight hex digits that are part of the name of everything that the migration makes.
  id text PRIMARY KEY,
  started_at timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp(),
  record jsonb NOT NULL
);

-- One row a step of a cutover or a rollback, in the order in which they were done.
CREATE TABLE pgleap_online.journal (
  line bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  at timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp(),
  switch integer NOT NULL,
  step text NOT NULL,
  ms double precision NOT NULL,
  detail jsonb NOT NULL
);

-- What the schema of a side was made of when the other side had the same: a hash for each object, by which DDL is noticed and
-- named. One row an object.
CREATE TABLE pgleap_online.schema_object (
  side text NOT NULL,
  kind text NOT NULL,
  name text NOT NULL,
  hash text NOT NULL,
  PRIMARY KEY (side, kind, name)
);
