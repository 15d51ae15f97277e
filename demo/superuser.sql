-- What only a superuser may make, on top of demo/demo.sql. Plain statements only, like there.

-- ---------------------------------------------------------------------------------------------------------------------
-- Extensions that are not trusted, and a grant on what belongs to an extension
-- ---------------------------------------------------------------------------------------------------------------------
CREATE EXTENSION postgres_fdw SCHEMA ext;
CREATE EXTENSION file_fdw SCHEMA ext;
CREATE EXTENSION bloom SCHEMA ext;
CREATE EXTENSION pg_stat_statements SCHEMA ext;
REVOKE EXECUTE ON FUNCTION ext.unaccent(text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ext.unaccent(text) TO shop_sales;
COMMENT ON EXTENSION hstore IS 'A comment of our own';
CREATE INDEX products_bloom ON shop.products USING bloom (sku, title) WITH (length = 96, col1 = 3);

-- ---------------------------------------------------------------------------------------------------------------------
-- Shell and base types, operators, operator classes and families, casts
-- ---------------------------------------------------------------------------------------------------------------------
CREATE TYPE odd.only_a_shell;
CREATE TYPE shop.label;
CREATE FUNCTION shop.label_in(cstring) RETURNS shop.label LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE AS 'textin';
CREATE FUNCTION shop.label_out(shop.label) RETURNS cstring LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE AS 'textout';
CREATE FUNCTION shop.label_recv(internal) RETURNS shop.label LANGUAGE internal STABLE STRICT PARALLEL SAFE AS 'textrecv';
CREATE FUNCTION shop.label_send(shop.label) RETURNS bytea LANGUAGE internal STABLE STRICT PARALLEL SAFE AS 'textsend';
CREATE TYPE shop.label (
  INPUT = shop.label_in, OUTPUT = shop.label_out, RECEIVE = shop.label_recv, SEND = shop.label_send,
  LIKE = text, CATEGORY = 'S', COLLATABLE = true, DEFAULT = 'none', DELIMITER = ';'
);
COMMENT ON TYPE shop.label IS 'text, under another name';
CREATE FUNCTION shop.label_lt(shop.label, shop.label) RETURNS boolean LANGUAGE internal IMMUTABLE STRICT LEAKPROOF AS 'text_lt';
CREATE FUNCTION shop.label_le(shop.label, shop.label) RETURNS boolean LANGUAGE internal IMMUTABLE STRICT LEAKPROOF AS 'text_le';
CREATE FUNCTION shop.label_eq(shop.label, shop.label) RETURNS boolean LANGUAGE internal IMMUTABLE STRICT LEAKPROOF AS 'texteq';
CREATE FUNCTION shop.label_ge(shop.label, shop.label) RETURNS boolean LANGUAGE internal IMMUTABLE STRICT LEAKPROOF AS 'text_ge';
CREATE FUNCTION shop.label_gt(shop.label, shop.label) RETURNS boolean LANGUAGE internal IMMUTABLE STRICT LEAKPROOF AS 'text_gt';
CREATE FUNCTION shop.label_cmp(shop.label, shop.label) RETURNS integer LANGUAGE internal IMMUTABLE STRICT LEAKPROOF AS 'bttextcmp';
CREATE FUNCTION shop.label_hash(shop.label) RETURNS integer LANGUAGE internal IMMUTABLE STRICT AS 'hashtext';
CREATE OPERATOR shop.< (FUNCTION = shop.label_lt, LEFTARG = shop.label, RIGHTARG = shop.label, COMMUTATOR = OPERATOR(shop.>), NEGATOR = OPERATOR(shop.>=), RESTRICT = scalarltsel, JOIN = scalarltjoinsel);
CREATE OPERATOR shop.<= (FUNCTION = shop.label_le, LEFTARG = shop.label, RIGHTARG = shop.label, COMMUTATOR = OPERATOR(shop.>=), NEGATOR = OPERATOR(shop.>));
CREATE OPERATOR shop.= (FUNCTION = shop.label_eq, LEFTARG = shop.label, RIGHTARG = shop.label, COMMUTATOR = OPERATOR(shop.=), RESTRICT = eqsel, JOIN = eqjoinsel, HASHES, MERGES);
CREATE OPERATOR shop.>= (FUNCTION = shop.label_ge, LEFTARG = shop.label, RIGHTARG = shop.label, COMMUTATOR = OPERATOR(shop.<=), NEGATOR = OPERATOR(shop.<));
CREATE OPERATOR shop.> (FUNCTION = shop.label_gt, LEFTARG = shop.label, RIGHTARG = shop.label, COMMUTATOR = OPERATOR(shop.<), NEGATOR = OPERATOR(shop.<=));
CREATE OPERATOR FAMILY shop.label_family USING btree;
CREATE OPERATOR CLASS shop.label_ops DEFAULT FOR TYPE shop.label USING btree FAMILY shop.label_family AS
  OPERATOR 1 shop.<, OPERATOR 2 shop.<=, OPERATOR 3 shop.=, OPERATOR 4 shop.>=, OPERATOR 5 shop.>, FUNCTION 1 shop.label_cmp(shop.label, shop.label);
CREATE OPERATOR CLASS shop.label_hash_ops DEFAULT FOR TYPE shop.label USING hash AS OPERATOR 1 shop.=, FUNCTION 1 shop.label_hash(shop.label);
CREATE OPERATOR FAMILY shop.empty_family USING gist;
CREATE FUNCTION shop.int_backwards(integer, integer) RETURNS integer LANGUAGE sql IMMUTABLE AS 'SELECT btint4cmp($2, $1)';
CREATE OPERATOR CLASS shop.backwards FOR TYPE integer USING btree AS
  OPERATOR 1 >, OPERATOR 2 >=, OPERATOR 3 =, OPERATOR 4 <=, OPERATOR 5 <, FUNCTION 1 shop.int_backwards(integer, integer);
-- Members that belong to the family and to no class.
ALTER OPERATOR FAMILY shop.label_family USING btree ADD FUNCTION 1 (shop.label, text) pg_catalog.bttextcmp(text, text);
COMMENT ON OPERATOR CLASS shop.backwards USING btree IS 'Largest first';
COMMENT ON OPERATOR FAMILY shop.label_family USING btree IS 'Labels and texts';
ALTER OPERATOR CLASS shop.backwards USING btree OWNER TO shop_sales;
CREATE TRANSFORM FOR shop.order_state LANGUAGE plpgsql (FROM SQL WITH FUNCTION pg_catalog.prsd_lextype(internal));
COMMENT ON TRANSFORM FOR shop.order_state LANGUAGE plpgsql IS 'Never called';
CREATE CAST (shop.label AS text) WITHOUT FUNCTION AS IMPLICIT;

CREATE TABLE shop.labelled (id integer PRIMARY KEY, label shop.label DEFAULT 'none'::shop.label, labels shop.label[]);
INSERT INTO shop.labelled SELECT i, ('label ' || md5(i::text))::shop.label, ARRAY['a;b', NULL, '\']::shop.label[] FROM generate_series(1, 500) i;
CREATE INDEX labelled_label ON shop.labelled (label);
CREATE INDEX labelled_hash ON shop.labelled USING hash (label);
CREATE INDEX labelled_backwards ON shop.labelled (id shop.backwards);
CREATE FUNCTION shop.row_number_again() RETURNS bigint LANGUAGE internal WINDOW IMMUTABLE STRICT AS 'window_row_number';
CREATE FUNCTION shop.supported(integer) RETURNS boolean LANGUAGE internal IMMUTABLE STRICT SUPPORT pg_catalog.generate_series_int4_support AS 'int4_bool';
CREATE AGGREGATE shop.average(numeric) (SFUNC = numeric_avg_accum, STYPE = internal, SSPACE = 128, FINALFUNC = numeric_avg,
  COMBINEFUNC = numeric_avg_combine, SERIALFUNC = numeric_avg_serialize, DESERIALFUNC = numeric_avg_deserialize, PARALLEL = SAFE);

-- ---------------------------------------------------------------------------------------------------------------------
-- Language, access method, text search parser and template
-- ---------------------------------------------------------------------------------------------------------------------
CREATE FUNCTION shop.plshop_call_handler() RETURNS language_handler LANGUAGE c AS '$libdir/plpgsql', 'plpgsql_call_handler';
CREATE FUNCTION shop.plshop_inline_handler(internal) RETURNS void LANGUAGE c STRICT AS '$libdir/plpgsql', 'plpgsql_inline_handler';
CREATE FUNCTION shop.plshop_validator(oid) RETURNS void LANGUAGE c STRICT AS '$libdir/plpgsql', 'plpgsql_validator';
CREATE TRUSTED LANGUAGE plshop HANDLER shop.plshop_call_handler INLINE shop.plshop_inline_handler VALIDATOR shop.plshop_validator;
COMMENT ON LANGUAGE plshop IS 'plpgsql, under another name';
GRANT USAGE ON LANGUAGE plshop TO shop_sales;
REVOKE USAGE ON LANGUAGE plshop FROM PUBLIC;
CREATE FUNCTION shop.in_plshop() RETURNS integer LANGUAGE plshop AS 'BEGIN RETURN 1; END';

CREATE ACCESS METHOD heap2 TYPE TABLE HANDLER heap_tableam_handler;
CREATE ACCESS METHOD btree2 TYPE INDEX HANDLER bthandler;
COMMENT ON ACCESS METHOD heap2 IS 'heap, under another name';
CREATE TABLE shop.on_heap2 (id integer PRIMARY KEY, v text) USING heap2;
INSERT INTO shop.on_heap2 SELECT i, md5(i::text) FROM generate_series(1, 1000) i;
CREATE MATERIALIZED VIEW shop.on_heap2_view USING heap2 AS SELECT count(*) AS n FROM shop.on_heap2;

CREATE TEXT SEARCH PARSER shop.own_parser (START = prsd_start, GETTOKEN = prsd_nexttoken, END = prsd_end, HEADLINE = prsd_headline, LEXTYPES = prsd_lextype);
CREATE TEXT SEARCH TEMPLATE shop.own_template (INIT = dsimple_init, LEXIZE = dsimple_lexize);
CREATE TEXT SEARCH DICTIONARY shop.own_dictionary (TEMPLATE = shop.own_template);
CREATE TEXT SEARCH CONFIGURATION shop.own_search (PARSER = shop.own_parser);
ALTER TEXT SEARCH CONFIGURATION shop.own_search ADD MAPPING FOR asciiword WITH shop.own_dictionary;
COMMENT ON TEXT SEARCH PARSER shop.own_parser IS 'The default one';
COMMENT ON TEXT SEARCH TEMPLATE shop.own_template IS 'The simple one';

-- ---------------------------------------------------------------------------------------------------------------------
-- Foreign data: nothing of this can be reached, and nobody may try
-- ---------------------------------------------------------------------------------------------------------------------
CREATE FOREIGN DATA WRAPPER no_wrapper OPTIONS (debug 'true', "Odd one" 'it''s');
CREATE FOREIGN DATA WRAPPER checked_wrapper VALIDATOR postgresql_fdw_validator;
COMMENT ON FOREIGN DATA WRAPPER no_wrapper IS 'Does nothing';
CREATE SERVER elsewhere TYPE 'postgres' VERSION '17' FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host '192.0.2.1', dbname 'it''s "elsewhere"');
CREATE SERVER files FOREIGN DATA WRAPPER file_fdw;
CREATE SERVER nowhere FOREIGN DATA WRAPPER no_wrapper;
COMMENT ON SERVER elsewhere IS 'An address that no one has';
CREATE USER MAPPING FOR PUBLIC SERVER elsewhere OPTIONS (user 'guest');
CREATE USER MAPPING FOR shop_sales SERVER elsewhere OPTIONS (user 'sales', password 'not-a-secret');
CREATE FOREIGN TABLE shop.far_customers (id bigint OPTIONS (column_name 'Id') NOT NULL, name text DEFAULT 'x' COLLATE "C", CONSTRAINT id_is_there CHECK (id > 0))
  SERVER elsewhere OPTIONS (schema_name 'public', table_name 'customers');
CREATE FOREIGN TABLE shop.a_file (line text) SERVER files OPTIONS (filename '/nonexistent/file.csv', format 'csv', delimiter '|');
CREATE FOREIGN TABLE odd.far_nothing () SERVER nowhere;
COMMENT ON FOREIGN TABLE shop.far_customers IS 'Not copied';
CREATE TRIGGER far_trigger BEFORE INSERT ON shop.far_customers FOR EACH ROW EXECUTE FUNCTION shop.fire();
GRANT USAGE ON FOREIGN DATA WRAPPER no_wrapper TO shop_sales;
GRANT USAGE ON FOREIGN SERVER elsewhere TO shop_sales WITH GRANT OPTION;
ALTER SERVER nowhere OWNER TO shop_sales;
ALTER FOREIGN TABLE shop.a_file OWNER TO shop_stock;

-- ---------------------------------------------------------------------------------------------------------------------
-- Publications of everything, grants by others, settings of roles, large objects of nobody in particular
-- ---------------------------------------------------------------------------------------------------------------------
CREATE PUBLICATION everything FOR ALL TABLES WITH (publish = 'truncate');
DO $demo$
BEGIN
  IF current_setting('server_version_num')::int >= 150000 THEN
    EXECUTE 'CREATE PUBLICATION whole_schema FOR TABLES IN SCHEMA stock, shop';
    EXECUTE 'CREATE PUBLICATION schema_and_table FOR TABLES IN SCHEMA stock, TABLE odd.empty';
  END IF;
  EXECUTE format('ALTER DATABASE %I SET "shop.greeting" = %L', current_database(), 'it''s "here", \ and there');
  EXECUTE format('ALTER ROLE shop_sales IN DATABASE %I SET statement_timeout = %L', current_database(), '1h');
  EXECUTE format('ALTER ROLE "Shop ""Reader""" IN DATABASE %I SET search_path = shop, "Evil ""Schema"".x"', current_database());
END
$demo$;
-- A grant that was given by someone who is neither owner nor superuser.
SET ROLE shop_sales;
GRANT SELECT ON shop.orders TO shop_auditor;
RESET ROLE;
COMMENT ON SCHEMA public IS 'Not the standard comment';
GRANT USAGE ON SCHEMA public TO shop_auditor;
REVOKE CREATE ON SCHEMA public FROM PUBLIC;
GRANT SELECT ON pg_catalog.pg_authid TO shop_auditor;
REVOKE EXECUTE ON FUNCTION pg_catalog.pg_ls_dir(text) FROM PUBLIC;

-- ---------------------------------------------------------------------------------------------------------------------
-- Subscription (while it is there the database cannot be dropped) and event triggers, which come last
-- ---------------------------------------------------------------------------------------------------------------------
CREATE SUBSCRIPTION from_elsewhere CONNECTION 'host=192.0.2.1 dbname=nowhere application_name=''an odd name''' PUBLICATION one, "Two" WITH (connect = false, slot_name = NONE, enabled = false, synchronous_commit = 'off');
COMMENT ON SUBSCRIPTION from_elsewhere IS 'Never connects';
CREATE FUNCTION shop.on_ddl() RETURNS event_trigger LANGUAGE plpgsql AS $$
BEGIN
  IF tg_tag = 'CREATE TABLE' THEN
    INSERT INTO shop.fired VALUES ('event trigger', tg_event, 0);
  END IF;
END
$$;
CREATE EVENT TRIGGER on_ddl_end ON ddl_command_end WHEN TAG IN ('CREATE TABLE', 'DROP TABLE') EXECUTE FUNCTION shop.on_ddl();
CREATE EVENT TRIGGER on_drop ON sql_drop EXECUTE FUNCTION shop.on_ddl();
CREATE EVENT TRIGGER always_on_start ON ddl_command_start EXECUTE FUNCTION shop.on_ddl();
ALTER EVENT TRIGGER always_on_start ENABLE ALWAYS;
ALTER EVENT TRIGGER on_drop DISABLE;
ALTER EVENT TRIGGER on_ddl_end OWNER TO CURRENT_USER;
COMMENT ON EVENT TRIGGER on_ddl_end IS 'Counts tables';
DO $demo$
BEGIN
  IF current_setting('server_version_num')::int >= 170000 THEN
    EXECUTE 'CREATE EVENT TRIGGER on_login ON login EXECUTE FUNCTION shop.on_ddl()';
    EXECUTE 'ALTER EVENT TRIGGER on_login DISABLE';
  END IF;
END
$demo$;
