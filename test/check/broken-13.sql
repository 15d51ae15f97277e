-- A schema for PostgreSQL 13 with one of each thing that breaks, or changes its meaning, on the way to 18. Those marked FAILS cannot be
-- created or filled on 18 (FAILS unquoted: without --quote-all-identifiers, which pgleap uses); the others arrive, and something is to
-- be known about them. test/check/broken.test.ts says what is found.
CREATE SCHEMA broken;

-- Extensions ---------------------------------------------------------------------------------------------------------
CREATE EXTENSION adminpack;            -- FAILS: removed in 17
CREATE EXTENSION pg_stat_statements;
CREATE EXTENSION dblink;
CREATE EXTENSION postgres_fdw;

-- Operators, aggregates, conversions, casts ----------------------------------------------------------------------------
CREATE FUNCTION broken.convert_it(integer, integer, cstring, internal, integer) RETURNS void
  LANGUAGE c STRICT AS '$libdir/utf8_and_iso8859_1', 'iso8859_1_to_utf8';
CREATE CONVERSION broken.latin1_again FOR 'LATIN1' TO 'UTF8' FROM broken.convert_it;                                         -- FAILS
CREATE CONVERSION broken.latin1_by_name FOR 'LATIN1' TO 'UTF8' FROM iso8859_1_to_utf8;
CREATE FUNCTION broken.twice(integer) RETURNS integer LANGUAGE sql IMMUTABLE AS 'SELECT $1 * 2';
CREATE OPERATOR broken.#! (LEFTARG = integer, PROCEDURE = broken.twice);                                                    -- FAILS
CREATE AGGREGATE broken.collect(anyelement) (SFUNC = array_append, STYPE = anyarray, INITCOND = '{}');                      -- FAILS
CREATE OPERATOR broken.|+| (LEFTARG = anyarray, RIGHTARG = anyelement, PROCEDURE = array_append);                           -- FAILS
CREATE AGGREGATE broken.mean(interval)
  (SFUNC = interval_accum, STYPE = interval[], FINALFUNC = interval_avg, INITCOND = '{0 second,0 second}');                 -- FAILS
CREATE FUNCTION broken.bytes_of(integer) RETURNS bytea LANGUAGE sql IMMUTABLE AS 'SELECT int4send($1)';
CREATE CAST (integer AS bytea) WITH FUNCTION broken.bytes_of(integer);                                                      -- FAILS
CREATE TYPE broken.floatrange AS RANGE (SUBTYPE = float8);
CREATE TABLE broken.floatmultirange (a integer);                                                                            -- FAILS

-- What uses catalogs, functions and operators that are gone ------------------------------------------------------------
CREATE VIEW broken.checkpoints AS SELECT checkpoints_timed, checkpoints_req FROM pg_stat_bgwriter;                          -- FAILS
CREATE MATERIALIZED VIEW broken.checkpoint_log AS SELECT now() AS at, * FROM broken.checkpoints;                            -- FAILS
CREATE VIEW broken.last_system_oid AS SELECT datlastsysoid FROM pg_database;                                                -- FAILS
CREATE VIEW broken.vacuums AS SELECT pid, num_dead_tuples FROM pg_stat_progress_vacuum;                                     -- FAILS
CREATE VIEW broken.compressed AS SELECT pid FROM pg_stat_ssl WHERE compression;                                             -- FAILS
CREATE VIEW broken.slow_reads AS SELECT queryid, blk_read_time FROM pg_stat_statements;                                     -- FAILS
CREATE VIEW broken.in_backup AS SELECT pg_is_in_backup() AS yes;                                                            -- FAILS
CREATE VIEW broken.factorials AS SELECT 5 ! AS postfix, !! 5 AS prefix;                                                     -- FAILS
CREATE VIEW broken.inside AS SELECT box '((0,0),(1,1))' @ box '((0,0),(2,2))' AS yes, point(path '((0,0),(1,1))') AS middle; -- FAILS
CREATE TABLE broken.defaults (a numeric DEFAULT 5 !, CONSTRAINT small CHECK (a < 10 !));                                    -- FAILS
CREATE FUNCTION broken.begin_backup() RETURNS pg_lsn LANGUAGE sql AS 'SELECT pg_start_backup(''nightly'')';
CREATE FUNCTION broken.timed_checkpoints() RETURNS bigint LANGUAGE plpgsql AS
  'BEGIN RETURN (SELECT checkpoints_timed FROM pg_stat_bgwriter); END';
CREATE FUNCTION broken.serial() RETURNS integer LANGUAGE sql SET force_parallel_mode = off AS 'SELECT 1';                   -- FAILS
CREATE FUNCTION broken.warned() RETURNS integer LANGUAGE sql SET operator_precedence_warning = off AS 'SELECT 1';           -- FAILS

-- Names that mean something else now -----------------------------------------------------------------------------------
CREATE FUNCTION broken.json_value(text) RETURNS text LANGUAGE sql IMMUTABLE AS 'SELECT $1';
CREATE FUNCTION broken.regexp_count(text, text) RETURNS integer LANGUAGE sql IMMUTABLE AS 'SELECT 0';
CREATE FUNCTION broken.parse(json json) RETURNS integer LANGUAGE sql AS 'SELECT 1';                                            -- FAILS unquoted
CREATE TABLE broken.audit (id integer PRIMARY KEY, system_user text CONSTRAINT named CHECK (system_user <> ''));            -- changes unquoted
CREATE INDEX by_user ON broken.audit (lower(system_user));                                                                  -- FAILS unquoted

-- Columns, constraints, inheritance ------------------------------------------------------------------------------------
CREATE TABLE broken.strict (a integer NOT NULL, b integer);
CREATE TABLE broken.lenient () INHERITS (broken.strict);
ALTER TABLE broken.lenient ALTER a DROP NOT NULL;
INSERT INTO broken.lenient VALUES (NULL, 1);                                                                                -- FAILS
CREATE TABLE broken.plain_parent (a integer, b integer);
CREATE TABLE broken.generated_child (a integer, b integer GENERATED ALWAYS AS (a * 2) STORED);                              -- FAILS
ALTER TABLE broken.generated_child INHERIT broken.plain_parent;
CREATE TABLE broken.numbered (id integer NOT NULL, k integer NOT NULL) PARTITION BY LIST (k);
CREATE TABLE broken.numbered_1 (id integer GENERATED ALWAYS AS IDENTITY, k integer NOT NULL);
ALTER TABLE broken.numbered ATTACH PARTITION broken.numbered_1 FOR VALUES IN (1);                                           -- FAILS
INSERT INTO broken.numbered_1 (k) VALUES (1), (1);
CREATE TABLE broken.people (id integer PRIMARY KEY, email text NOT NULL);
ALTER TABLE broken.people ADD CONSTRAINT people_email_not_null UNIQUE (email);                                              -- FAILS
CREATE DOMAIN broken.positive AS integer NOT NULL CONSTRAINT positive_not_null CHECK (value > 0);                            -- FAILS
CREATE COLLATION broken.any_case (PROVIDER = icu, LOCALE = 'und-u-ks-level2', DETERMINISTIC = false);
CREATE TABLE broken.logins (name text COLLATE broken.any_case PRIMARY KEY);
CREATE TABLE broken.sessions (name text CONSTRAINT of_login REFERENCES broken.logins);                                      -- FAILS
CREATE UNLOGGED TABLE broken.queue (k integer) PARTITION BY LIST (k);
CREATE TABLE broken.doubled (a integer, twice integer GENERATED ALWAYS AS (a * 2) STORED PRIMARY KEY);

-- Values that are the source's own -------------------------------------------------------------------------------------
CREATE TABLE broken.databases (d pg_database);
INSERT INTO broken.databases SELECT d FROM pg_database d WHERE datname = 'template1';                                       -- FAILS
CREATE TABLE broken.settings (relation regclass, owner oid, seen pg_lsn);
INSERT INTO broken.settings VALUES ('broken.by_user');                                                                      -- FAILS

-- Functions that need a search_path -------------------------------------------------------------------------------------
CREATE TABLE broken.words (w text);
INSERT INTO broken.words VALUES ('Tree');
CREATE FUNCTION broken.lowered(text) RETURNS text LANGUAGE sql IMMUTABLE AS 'SELECT lower($1)';
SET check_function_bodies = off;
CREATE FUNCTION broken.folded(text) RETURNS text LANGUAGE sql IMMUTABLE AS 'SELECT lowered($1)';
SET search_path = broken;
CREATE INDEX folded_words ON broken.words (broken.folded(w));                                                               -- FAILS
CREATE MATERIALIZED VIEW broken.folded_list AS SELECT broken.folded(w) FROM broken.words;                                   -- FAILS
RESET search_path;

-- What needs attention, and arrives ------------------------------------------------------------------------------------
CREATE MATERIALIZED VIEW broken.base AS SELECT 1 AS a;
CREATE MATERIALIZED VIEW broken.derived AS SELECT a FROM broken.base;
REFRESH MATERIALIZED VIEW broken.base WITH NO DATA;
CREATE UNLOGGED TABLE broken.cache (k text PRIMARY KEY, v jsonb);
ALTER TABLE broken.words ADD CONSTRAINT short CHECK (length(w) < 40) NOT VALID;
CREATE SERVER here FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host 'localhost', dbname 'shop');
CREATE FUNCTION broken.fetch() RETURNS SETOF record LANGUAGE sql AS
  $$SELECT * FROM dblink('host=db.example dbname=shop password=hush', 'SELECT 1') AS t (a integer)$$;
SELECT lo_create(4711);
