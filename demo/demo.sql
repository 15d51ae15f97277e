-- A shop that holds every kind of object that pg_dump knows and a plain database owner may make (demo/superuser.sql has
-- the rest). Needs the roles of demo/roles.sql, an empty UTF8 database and PostgreSQL 13 to 18. Plain statements only,
-- so it runs in psql and as one simple query (one transaction). Data is made from numbers: every load is the same.

-- ---------------------------------------------------------------------------------------------------------------------
-- Schemas and extensions
-- ---------------------------------------------------------------------------------------------------------------------
CREATE SCHEMA ext;
CREATE SCHEMA shop;
CREATE SCHEMA stock;
CREATE SCHEMA parts;
CREATE SCHEMA odd;
CREATE SCHEMA "Evil ""Schema"".x";
CREATE SCHEMA nothing_in_it;
COMMENT ON SCHEMA shop IS E'The shop''s own tables\nand a second line with a \\ backslash';
COMMENT ON SCHEMA "Evil ""Schema"".x" IS 'Names that break tools';

CREATE EXTENSION hstore SCHEMA ext;
CREATE EXTENSION citext SCHEMA ext;
CREATE EXTENSION pg_trgm SCHEMA ext;
CREATE EXTENSION btree_gist SCHEMA ext;
CREATE EXTENSION btree_gin SCHEMA ext;
CREATE EXTENSION ltree SCHEMA ext;
CREATE EXTENSION cube SCHEMA ext;
CREATE EXTENSION "uuid-ossp" SCHEMA ext;
CREATE EXTENSION pgcrypto SCHEMA ext;
CREATE EXTENSION unaccent SCHEMA ext;
CREATE EXTENSION intarray SCHEMA ext;
CREATE EXTENSION lo;

-- ---------------------------------------------------------------------------------------------------------------------
-- Collations, conversion
-- ---------------------------------------------------------------------------------------------------------------------
CREATE COLLATION shop.case_insensitive (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
CREATE COLLATION shop.german_phonebook (provider = icu, locale = 'de-u-co-phonebk');
CREATE COLLATION shop.bytewise FROM "C";
COMMENT ON COLLATION shop.case_insensitive IS 'Equal whatever the case';
DO $demo$
BEGIN
  IF current_setting('server_version_num')::int >= 160000 THEN
    EXECUTE $sql$CREATE COLLATION shop.b_before_a (provider = icu, locale = 'und', rules = '&b < a')$sql$;
  END IF;
  IF current_setting('server_version_num')::int >= 170000 THEN
    EXECUTE $sql$CREATE COLLATION shop.builtin_utf8 (provider = builtin, locale = 'C.UTF-8')$sql$;
  END IF;
END
$demo$;
CREATE CONVERSION shop.latin1_to_utf8 FOR 'LATIN1' TO 'UTF8' FROM pg_catalog.iso8859_1_to_utf8;
COMMENT ON CONVERSION shop.latin1_to_utf8 IS 'The built-in one under another name';

-- ---------------------------------------------------------------------------------------------------------------------
-- Types
-- ---------------------------------------------------------------------------------------------------------------------
CREATE TYPE shop.order_state AS ENUM ('new', 'checked', 'rechecked', 'paid', 'it''s "shipped"', 'returned', 'ünïcode 😀', '');
CREATE TYPE shop.grown AS ENUM ('last');
ALTER TYPE shop.grown ADD VALUE 'first' BEFORE 'last';
ALTER TYPE shop.grown ADD VALUE 'middle' AFTER 'first';
COMMENT ON TYPE shop.grown IS 'Labels were added in the middle';
CREATE TYPE shop.address AS (street text, city text COLLATE shop.german_phonebook, zip varchar(10), "Geo Point" point);
COMMENT ON TYPE shop.address IS 'Where a parcel goes';
COMMENT ON COLUMN shop.address.zip IS 'Not a number';
CREATE TYPE shop.empty_composite AS ();
CREATE TYPE shop.dimensions AS (w numeric(8, 2), h numeric(8, 2), d numeric(8, 2));

CREATE DOMAIN shop.positive AS integer DEFAULT 1 NOT NULL CONSTRAINT above_zero CHECK (VALUE > 0);
CREATE DOMAIN shop.email AS ext.citext CONSTRAINT has_at CHECK (VALUE OPERATOR(ext.~) '@'::ext.citext);
CREATE DOMAIN shop.short_list AS integer[] CONSTRAINT at_most_five CHECK (cardinality(VALUE) <= 5);
CREATE DOMAIN shop.shipping_address AS shop.address CONSTRAINT has_city CHECK ((VALUE).city <> '');
CREATE DOMAIN shop.shouted AS text COLLATE "C";
ALTER DOMAIN shop.shouted ADD CONSTRAINT upper_only CHECK (VALUE = upper(VALUE)) NOT VALID;
COMMENT ON DOMAIN shop.positive IS 'One or more';
COMMENT ON CONSTRAINT above_zero ON DOMAIN shop.positive IS 'Zero is not positive';

CREATE FUNCTION shop.time_diff(a time, b time) RETURNS double precision
  LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$SELECT EXTRACT(epoch FROM (a - b))::double precision$$;
CREATE TYPE shop.timerange AS RANGE (SUBTYPE = time, SUBTYPE_DIFF = shop.time_diff);
CREATE TYPE shop.name_range AS RANGE (SUBTYPE = text, COLLATION = "C", SUBTYPE_OPCLASS = text_pattern_ops);
COMMENT ON TYPE shop.timerange IS 'Opening hours';
DO $demo$
BEGIN
  IF current_setting('server_version_num')::int >= 140000 THEN
    EXECUTE $sql$CREATE TYPE shop.weight_range AS RANGE (SUBTYPE = numeric, MULTIRANGE_TYPE_NAME = shop.many_weights)$sql$;
  END IF;
END
$demo$;

-- ---------------------------------------------------------------------------------------------------------------------
-- Functions, procedures, aggregates, operators, casts
-- ---------------------------------------------------------------------------------------------------------------------
CREATE FUNCTION shop.net(gross numeric, rate numeric DEFAULT 0.19, VARIADIC more numeric[] DEFAULT '{}') RETURNS numeric
  LANGUAGE sql IMMUTABLE PARALLEL SAFE COST 3 AS $$SELECT round(gross / (1 + rate), 2)$$;
COMMENT ON FUNCTION shop.net(numeric, numeric, numeric[]) IS 'Price without tax';
CREATE FUNCTION shop.slug(title text) RETURNS text LANGUAGE plpgsql IMMUTABLE STRICT
  SET search_path = pg_catalog SET "DateStyle" = 'ISO, YMD' AS $fn$
BEGIN
  -- a dollar quote inside: $$ and a backslash: \
  RETURN lower(regexp_replace(title, '[^[:alnum:]]+', '-', 'g'));
END
$fn$;
CREATE FUNCTION shop.split_name(INOUT full_name text, OUT first text, OUT last text) LANGUAGE plpgsql STABLE AS $$
BEGIN
  first := split_part(full_name, ' ', 1);
  last := split_part(full_name, ' ', 2);
END
$$;
CREATE FUNCTION shop.numbers(upto integer) RETURNS TABLE (n integer, "Square" bigint)
  LANGUAGE sql IMMUTABLE ROWS 100 AS $$SELECT i, i::bigint * i FROM generate_series(1, upto) i$$;
CREATE FUNCTION shop.who() RETURNS name LANGUAGE sql STABLE SECURITY DEFINER AS 'SELECT current_user';
CREATE FUNCTION shop.overloaded(integer) RETURNS text LANGUAGE sql AS $$SELECT 'integer'$$;
CREATE FUNCTION shop.overloaded(text) RETURNS text LANGUAGE sql AS $$SELECT 'text'$$;
CREATE FUNCTION shop.anything(anyelement, anyarray) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT $1 = ANY ($2)';
CREATE FUNCTION "Evil ""Schema"".x"."fn; DROP TABLE x; --"("in ""arg""" integer) RETURNS integer
  LANGUAGE sql IMMUTABLE AS 'SELECT $1';
CREATE PROCEDURE shop.nothing(INOUT n integer) LANGUAGE plpgsql AS $$BEGIN n := n + 1; END$$;
COMMENT ON PROCEDURE shop.nothing(integer) IS 'Adds one';
DO $demo$
BEGIN
  IF current_setting('server_version_num')::int >= 140000 THEN
    EXECUTE $sql$CREATE FUNCTION shop.twice(n integer) RETURNS integer LANGUAGE sql IMMUTABLE RETURN n * 2$sql$;
    EXECUTE $sql$
      CREATE FUNCTION shop.two_statements(n integer) RETURNS integer LANGUAGE sql
      BEGIN ATOMIC
        SELECT 'one; with a semicolon' AS one;
        SELECT shop.twice(n) + 1;
      END$sql$;
    EXECUTE $sql$CREATE PROCEDURE shop.gives(IN a integer, OUT b integer) LANGUAGE plpgsql AS 'BEGIN b := a; END'$sql$;
  END IF;
END
$demo$;

CREATE AGGREGATE shop.total(integer) (SFUNC = int4pl, STYPE = integer, INITCOND = '0', COMBINEFUNC = int4pl, PARALLEL = SAFE);
CREATE AGGREGATE shop.moving_total(integer) (
  SFUNC = int4pl, STYPE = integer, INITCOND = '0',
  MSFUNC = int4pl, MINVFUNC = int4mi, MSTYPE = integer, MINITCOND = '0'
);
CREATE FUNCTION shop.append(anyarray, anyelement) RETURNS anyarray LANGUAGE sql IMMUTABLE AS 'SELECT $1 || $2';
CREATE AGGREGATE shop.collect(anyelement) (SFUNC = shop.append, STYPE = anyarray, INITCOND = '{}');
CREATE FUNCTION shop.keep_first(anyarray, anyelement) RETURNS anyarray LANGUAGE sql IMMUTABLE
  AS $$SELECT CASE WHEN cardinality($1) > 0 THEN $1 ELSE $1 || $2 END$$;
CREATE FUNCTION shop.only_one(anyarray) RETURNS anyelement LANGUAGE sql IMMUTABLE AS 'SELECT $1[1]';
CREATE AGGREGATE shop.first_of(ORDER BY anyelement) (
  SFUNC = shop.keep_first, STYPE = anyarray, INITCOND = '{}', FINALFUNC = shop.only_one
);
CREATE AGGREGATE shop.least_text(text) (SFUNC = text_smaller, STYPE = text, SORTOP = OPERATOR(pg_catalog.<));
COMMENT ON AGGREGATE shop.total(integer) IS 'sum, under another name';

CREATE FUNCTION shop.dim_volume(shop.dimensions) RETURNS numeric LANGUAGE sql IMMUTABLE AS 'SELECT $1.w * $1.h * $1.d';
CREATE FUNCTION shop.dim_fits(shop.dimensions, shop.dimensions) RETURNS boolean LANGUAGE sql IMMUTABLE
  AS 'SELECT $1.w <= $2.w AND $1.h <= $2.h AND $1.d <= $2.d';
CREATE FUNCTION shop.dim_holds(shop.dimensions, shop.dimensions) RETURNS boolean LANGUAGE sql IMMUTABLE
  AS 'SELECT shop.dim_fits($2, $1)';
CREATE OPERATOR shop.<<@ (FUNCTION = shop.dim_fits, LEFTARG = shop.dimensions, RIGHTARG = shop.dimensions,
  COMMUTATOR = OPERATOR(shop.@>>), RESTRICT = contsel, JOIN = contjoinsel);
CREATE OPERATOR shop.@>> (FUNCTION = shop.dim_holds, LEFTARG = shop.dimensions, RIGHTARG = shop.dimensions,
  COMMUTATOR = OPERATOR(shop.<<@));
CREATE OPERATOR shop.@# (FUNCTION = shop.dim_volume, RIGHTARG = shop.dimensions);
COMMENT ON OPERATOR shop.<<@ (shop.dimensions, shop.dimensions) IS 'fits into';
COMMENT ON OPERATOR shop.@# (NONE, shop.dimensions) IS 'volume';

CREATE FUNCTION shop.dim_from_text(text) RETURNS shop.dimensions LANGUAGE sql IMMUTABLE STRICT
  AS $$SELECT split_part($1, 'x', 1)::numeric, split_part($1, 'x', 2)::numeric, split_part($1, 'x', 3)::numeric$$;
CREATE CAST (text AS shop.dimensions) WITH FUNCTION shop.dim_from_text(text) AS ASSIGNMENT;
CREATE CAST (shop.order_state AS text) WITH INOUT AS IMPLICIT;
COMMENT ON CAST (text AS shop.dimensions) IS '2x3x4';

-- ---------------------------------------------------------------------------------------------------------------------
-- Text search
-- ---------------------------------------------------------------------------------------------------------------------
CREATE TEXT SEARCH DICTIONARY shop.plain_words (TEMPLATE = pg_catalog.simple, STOPWORDS = 'english', ACCEPT = false);
CREATE TEXT SEARCH CONFIGURATION shop.product_search (COPY = pg_catalog.english);
ALTER TEXT SEARCH CONFIGURATION shop.product_search
  ALTER MAPPING FOR asciiword, word WITH shop.plain_words, ext.unaccent, pg_catalog.english_stem;
ALTER TEXT SEARCH CONFIGURATION shop.product_search DROP MAPPING FOR email;
COMMENT ON TEXT SEARCH DICTIONARY shop.plain_words IS 'Stop words first';
COMMENT ON TEXT SEARCH CONFIGURATION shop.product_search IS 'What the search box uses';

-- ---------------------------------------------------------------------------------------------------------------------
-- Sequences
-- ---------------------------------------------------------------------------------------------------------------------
CREATE SEQUENCE shop.order_id START 1000;
CREATE SEQUENCE stock.never_called AS smallint START 7;
CREATE SEQUENCE stock.called_once AS integer MINVALUE 5 MAXVALUE 50 CYCLE CACHE 10;
CREATE SEQUENCE stock.going_down AS bigint INCREMENT -3 MINVALUE -9000 MAXVALUE -1 START -1;
CREATE SEQUENCE stock.near_the_end AS bigint;
CREATE SEQUENCE stock.used_up AS smallint;
CREATE SEQUENCE "Evil ""Schema"".x"."Seq.uence 'q'";
COMMENT ON SEQUENCE stock.near_the_end IS 'Five numbers are left';
SELECT nextval('stock.called_once');
SELECT nextval('stock.going_down') FROM generate_series(1, 10);
SELECT setval('stock.near_the_end', 9223372036854775802);
SELECT setval('stock.used_up', 32767, true);
SELECT setval('"Evil ""Schema"".x"."Seq.uence ''q''"', 42, false);
DO $demo$
BEGIN
  IF current_setting('server_version_num')::int >= 150000 THEN
    EXECUTE 'CREATE UNLOGGED SEQUENCE stock.unlogged_numbers';
    PERFORM nextval('stock.unlogged_numbers');
  END IF;
END
$demo$;

-- ---------------------------------------------------------------------------------------------------------------------
-- The shop's tables
-- ---------------------------------------------------------------------------------------------------------------------
CREATE TABLE shop.customers (
  id bigint GENERATED ALWAYS AS IDENTITY (START WITH 100 INCREMENT BY 5) PRIMARY KEY,
  uuid uuid NOT NULL DEFAULT ext.uuid_generate_v4(),
  email shop.email NOT NULL,
  full_name text COLLATE shop.german_phonebook NOT NULL,
  nickname text COLLATE shop.case_insensitive,
  home shop.shipping_address,
  other_homes shop.address[],
  tags ext.hstore DEFAULT ''::ext.hstore,
  settings jsonb DEFAULT '{"newsletter": true}'::jsonb NOT NULL,
  born date,
  credit numeric(12, 2) DEFAULT 0,
  rating real,
  created_at timestamptz NOT NULL DEFAULT '2020-01-01 00:00:00+00',
  search_name text GENERATED ALWAYS AS (lower(full_name)) STORED,
  obsolete integer,
  referred_by bigint
) WITH (fillfactor = 90, autovacuum_vacuum_scale_factor = 0.05, toast.autovacuum_enabled = false);
ALTER TABLE shop.customers DROP COLUMN obsolete;
ALTER TABLE shop.customers ALTER COLUMN email SET STATISTICS 500;
ALTER TABLE shop.customers ALTER COLUMN rating SET (n_distinct = 10);
ALTER TABLE shop.customers ALTER COLUMN settings SET STORAGE EXTERNAL;
COMMENT ON TABLE shop.customers IS 'People who buy';
COMMENT ON COLUMN shop.customers.credit IS 'In euros; may be negative';

CREATE TABLE shop.categories (
  path ext.ltree PRIMARY KEY,
  parent ext.ltree REFERENCES shop.categories (path) ON UPDATE CASCADE ON DELETE RESTRICT,
  title text NOT NULL
);

CREATE TABLE shop.products (
  sku varchar(20) PRIMARY KEY,
  category ext.ltree NOT NULL,
  title text NOT NULL,
  description text,
  price numeric(10, 2) NOT NULL,
  net_price numeric GENERATED ALWAYS AS (shop.net(price)) STORED,
  size shop.dimensions,
  valid_during daterange NOT NULL DEFAULT daterange('2020-01-01', NULL),
  search tsvector,
  CONSTRAINT price_is_sane CHECK (price >= 0 AND price < 100000),
  CONSTRAINT title_is_not_blank CHECK (title <> '') NO INHERIT
);
COMMENT ON CONSTRAINT price_is_sane ON shop.products IS 'No free money';

CREATE TABLE shop.orders (
  id bigint NOT NULL DEFAULT nextval('shop.order_id'),
  ordered_at timestamptz NOT NULL,
  region text NOT NULL,
  customer_id bigint NOT NULL,
  state shop.order_state NOT NULL DEFAULT 'new',
  ship_to shop.address,
  note text,
  total numeric(14, 2) NOT NULL DEFAULT 0,
  CONSTRAINT total_is_positive CHECK (total >= 0)
) PARTITION BY RANGE (ordered_at);
ALTER SEQUENCE shop.order_id OWNED BY shop.orders.id;
COMMENT ON TABLE shop.orders IS 'By year, the busiest one also by number';
CREATE TABLE parts.orders_2021 PARTITION OF shop.orders FOR VALUES FROM (MINVALUE) TO ('2022-01-01 00:00:00+00');
CREATE TABLE parts.orders_2022 PARTITION OF shop.orders (note DEFAULT 'from 2022', CONSTRAINT north_or_south CHECK (region <> ''))
  FOR VALUES FROM ('2022-01-01 00:00:00+00') TO ('2023-01-01 00:00:00+00') WITH (fillfactor = 70);
CREATE TABLE parts.orders_2023 PARTITION OF shop.orders
  FOR VALUES FROM ('2023-01-01 00:00:00+00') TO ('2024-01-01 00:00:00+00') PARTITION BY RANGE (id);
CREATE TABLE parts.orders_2023_first PARTITION OF parts.orders_2023 FOR VALUES FROM (MINVALUE) TO (9000);
CREATE TABLE parts.orders_2023_rest PARTITION OF parts.orders_2023 DEFAULT;
-- Made alone, with its columns in another order and one dropped, then attached.
CREATE TABLE parts.orders_2024 (
  total numeric(14, 2) NOT NULL DEFAULT 0,
  gone text,
  note text,
  region text NOT NULL,
  id bigint NOT NULL DEFAULT nextval('shop.order_id'),
  state shop.order_state NOT NULL DEFAULT 'new',
  ordered_at timestamptz NOT NULL,
  ship_to shop.address,
  customer_id bigint NOT NULL,
  CONSTRAINT total_is_positive CHECK (total >= 0)
);
ALTER TABLE parts.orders_2024 DROP COLUMN gone;
ALTER TABLE shop.orders ATTACH PARTITION parts.orders_2024
  FOR VALUES FROM ('2024-01-01 00:00:00+00') TO ('2025-01-01 00:00:00+00');
CREATE TABLE parts.orders_other PARTITION OF shop.orders DEFAULT;
-- Was a partition once.
CREATE TABLE parts.orders_detached PARTITION OF shop.orders
  FOR VALUES FROM ('2030-01-01 00:00:00+00') TO ('2031-01-01 00:00:00+00');
ALTER TABLE shop.orders DETACH PARTITION parts.orders_detached;

CREATE TABLE shop.items (
  order_id bigint NOT NULL,
  ordered_at timestamptz NOT NULL,
  line smallint NOT NULL,
  sku varchar(20) NOT NULL,
  quantity shop.positive,
  price numeric(10, 2) NOT NULL,
  gift boolean
);
CREATE TABLE shop.sessions (id uuid NOT NULL, data bytea, seen timestamp) PARTITION BY HASH (id);
CREATE TABLE parts.sessions_0 PARTITION OF shop.sessions FOR VALUES WITH (MODULUS 2, REMAINDER 0);
CREATE UNLOGGED TABLE parts.sessions_1 PARTITION OF shop.sessions FOR VALUES WITH (MODULUS 2, REMAINDER 1);
CREATE TABLE stock.suppliers (country text, name text) PARTITION BY LIST (country);
CREATE TABLE parts.suppliers_near PARTITION OF stock.suppliers FOR VALUES IN ('de', 'it''s', NULL);
CREATE TABLE parts.suppliers_far PARTITION OF stock.suppliers DEFAULT;
-- A partitioned table that has no partition yet, by an expression and two columns.
CREATE TABLE shop.future (a integer, b text, c date) PARTITION BY RANGE (lower(b) COLLATE "C", a);

CREATE TABLE stock.warehouses (
  id integer GENERATED BY DEFAULT AS IDENTITY (SEQUENCE NAME stock."Warehouse Numbers" CYCLE MAXVALUE 1000) PRIMARY KEY,
  name text NOT NULL UNIQUE,
  location point,
  open shop.timerange
);
CREATE TABLE stock.inventory (
  warehouse integer NOT NULL,
  sku varchar(20) NOT NULL,
  quantity integer NOT NULL DEFAULT 0,
  shelf "char",
  PRIMARY KEY (warehouse, sku) INCLUDE (quantity)
);
CREATE TABLE stock.reservations (
  id serial PRIMARY KEY,
  warehouse integer,
  during tstzrange NOT NULL,
  dock box,
  position_in_queue integer,
  CONSTRAINT one_at_a_time EXCLUDE USING gist (warehouse WITH =, during WITH &&) WHERE (warehouse IS NOT NULL),
  CONSTRAINT queue_is_strict UNIQUE (position_in_queue) DEFERRABLE INITIALLY DEFERRED
);

CREATE TABLE shop.audit_log (
  id bigserial,
  at timestamptz NOT NULL,
  who name NOT NULL DEFAULT CURRENT_USER,
  relation regclass,
  action text NOT NULL,
  before jsonb,
  after jsonb
);
ALTER TABLE shop.audit_log REPLICA IDENTITY FULL;
CREATE TABLE shop.documents (
  id integer PRIMARY KEY,
  customer_id bigint,
  name text NOT NULL,
  body text,
  scan bytea,
  file lo,
  meta json,
  page xml
);
ALTER TABLE shop.documents ALTER COLUMN body SET STORAGE EXTERNAL;
DO $demo$
BEGIN
  IF current_setting('server_version_num')::int >= 140000 THEN
    EXECUTE 'ALTER TABLE shop.documents ALTER COLUMN scan SET COMPRESSION pglz';
  END IF;
END
$demo$;
CREATE UNLOGGED TABLE shop.carts (id integer PRIMARY KEY, content jsonb);

-- ---------------------------------------------------------------------------------------------------------------------
-- Odd tables
-- ---------------------------------------------------------------------------------------------------------------------
CREATE TABLE odd.no_columns ();
CREATE TABLE odd.all_dropped (a integer, b text);
ALTER TABLE odd.all_dropped DROP COLUMN a, DROP COLUMN b;
CREATE TABLE odd.only_generated (n integer GENERATED ALWAYS AS (7) STORED);
CREATE TABLE odd.empty (id integer PRIMARY KEY);
CREATE TABLE odd.no_key (a integer, b text);
CREATE TABLE odd.typed OF shop.dimensions (w WITH OPTIONS DEFAULT 1 NOT NULL, PRIMARY KEY (h));
CREATE TABLE odd.parent (id integer NOT NULL, kind text DEFAULT 'parent', CONSTRAINT id_positive CHECK (id > 0));
CREATE TABLE odd.other_parent (extra text, id integer NOT NULL);
CREATE TABLE odd.child (own date, kind text DEFAULT 'child') INHERITS (odd.parent);
CREATE TABLE odd.grandchild () INHERITS (odd.child, odd.other_parent);
CREATE TABLE odd.child_by_alter (kind text, id integer NOT NULL, CONSTRAINT id_positive CHECK (id > 0));
ALTER TABLE odd.child_by_alter INHERIT odd.parent;
CREATE TABLE odd.wide AS
  SELECT 0 AS c1, ''::text AS c2, NULL::integer AS c3 WHERE false;
DO $demo$
BEGIN
  FOR i IN 4..200 LOOP
    EXECUTE format('ALTER TABLE odd.wide ADD COLUMN c%s %s', i, CASE i % 3 WHEN 0 THEN 'integer' WHEN 1 THEN 'text' ELSE 'boolean' END);
  END LOOP;
END
$demo$;

CREATE TABLE "Evil ""Schema"".x"."Table.with 'every' ""quote"" \ and $1 %s 😀" (
  "select" integer PRIMARY KEY,
  "a.b" text,
  "new
line" text,
  "tab	tab" text,
  "quote""quote" text,
  "back\slash" text,
  " leading space" text,
  "naïve ☃ 😀" text DEFAULT '☃',
  "$1" text,
  "ctid_" text,
  "this_name_is_exactly_sixty_three_bytes_long_so_it_is_at_limit_x" text
);
CREATE TABLE "Evil ""Schema"".x"."this_table_name_is_exactly_sixty_three_bytes_long_at_the_limit_" (id integer PRIMARY KEY, v text UNIQUE);
CREATE TABLE "Evil ""Schema"".x"."new
line" (id integer);
CREATE TABLE "Evil ""Schema"".x"."Case" ("Id" integer PRIMARY KEY, "iD" text);
CREATE TABLE "Evil ""Schema"".x"."case" ("Id" integer PRIMARY KEY REFERENCES "Evil ""Schema"".x"."Case");
COMMENT ON TABLE "Evil ""Schema"".x"."Case" IS '';
COMMENT ON TABLE "Evil ""Schema"".x"."case" IS E'tab\there, newline\nhere, quote '' here, \\N here';
COMMENT ON COLUMN "Evil ""Schema"".x"."Table.with 'every' ""quote"" \ and $1 %s 😀"."new
line" IS 'a column with a line break';

CREATE TABLE odd.every_type (
  id integer PRIMARY KEY,
  t_bool boolean, t_char1 "char", t_name name, t_int2 smallint, t_int4 integer, t_int8 bigint,
  t_float4 real, t_float8 double precision, t_numeric numeric, t_numeric_mod numeric(20, 5), t_money money,
  t_text text, t_varchar varchar(40), t_bpchar char(10), t_bytea bytea,
  t_date date, t_time time, t_time0 time(0), t_timetz timetz, t_ts timestamp, t_ts3 timestamp(3), t_tstz timestamptz,
  t_interval interval, t_interval_ym interval year to month, t_uuid uuid,
  t_inet inet, t_cidr cidr, t_mac macaddr, t_mac8 macaddr8, t_bit bit(5), t_varbit varbit,
  t_point point, t_line line, t_lseg lseg, t_box box, t_path path, t_polygon polygon, t_circle circle,
  t_json json, t_jsonb jsonb, t_jsonpath jsonpath, t_xml xml, t_tsvector tsvector, t_tsquery tsquery,
  t_int4range int4range, t_int8range int8range, t_numrange numrange, t_tsrange tsrange, t_daterange daterange,
  t_oid oid, t_regclass regclass, t_regtype regtype, t_lsn pg_lsn, t_xid xid, t_xid8 xid8, t_snapshot pg_snapshot, t_tid tid,
  t_int_array integer[], t_text_array text[], t_float_array double precision[], t_jsonb_array jsonb[], t_ts_array timestamptz[],
  t_enum shop.order_state, t_enum_array shop.order_state[], t_composite shop.address, t_composite_array shop.address[],
  t_empty_composite shop.empty_composite, t_domain shop.short_list, t_domain_composite shop.shipping_address,
  t_range shop.timerange, t_text_range shop.name_range,
  t_hstore ext.hstore, t_citext ext.citext, t_ltree ext.ltree, t_cube ext.cube, t_whole_row odd.no_key
);
DO $demo$
BEGIN
  IF current_setting('server_version_num')::int >= 140000 THEN
    EXECUTE 'ALTER TABLE odd.every_type ADD t_multirange int4multirange, ADD t_own_multirange shop.many_weights';
  END IF;
  IF current_setting('server_version_num')::int >= 150000 THEN
    EXECUTE 'ALTER TABLE odd.every_type ADD t_thousands numeric(5, -3)';
  END IF;
END
$demo$;

-- Objects that need each other, so that pg_dump has to take them apart.
CREATE TABLE odd.checks_its_row (a integer, b integer);
CREATE FUNCTION odd.row_is_good(odd.checks_its_row) RETURNS boolean LANGUAGE sql IMMUTABLE
  AS 'SELECT $1.a IS NULL OR $1.b IS NULL OR $1.a <= $1.b';
ALTER TABLE odd.checks_its_row ADD CONSTRAINT good_row CHECK (odd.row_is_good(checks_its_row));
CREATE TABLE odd.default_needs_itself (id integer, code text);
CREATE FUNCTION odd.next_code(odd.default_needs_itself) RETURNS text LANGUAGE sql IMMUTABLE AS $$SELECT 'code'::text$$;
ALTER TABLE odd.default_needs_itself ALTER COLUMN code SET DEFAULT odd.next_code(NULL::odd.default_needs_itself);
CREATE VIEW odd.loop_view AS SELECT 1 AS n;
CREATE FUNCTION odd.loop_function() RETURNS SETOF odd.loop_view LANGUAGE sql STABLE AS 'SELECT 1';
CREATE OR REPLACE VIEW odd.loop_view AS SELECT 1 AS n WHERE EXISTS (SELECT FROM odd.loop_function());

-- ---------------------------------------------------------------------------------------------------------------------
-- Data
-- ---------------------------------------------------------------------------------------------------------------------
INSERT INTO shop.customers (uuid, email, full_name, nickname, home, other_homes, tags, settings, born, credit, rating, created_at, referred_by)
SELECT md5('c' || i)::uuid, ('user' || i || '@Example.com')::ext.citext, (ARRAY['Ärger', 'Zoë', 'Øystein', '李雷', 'O''Neil', 'Anna'])[i % 6 + 1] || ' ' || md5(i::text),
  CASE WHEN i % 3 > 0 THEN 'Nick' || i END,
  CASE WHEN i % 4 > 0 THEN ROW('Street ' || i, 'City, "' || i % 90 || '"', lpad((i % 99999)::text, 5, '0'), point(i % 180, i % 90))::shop.address END,
  CASE WHEN i % 50 = 0 THEN ARRAY[ROW('a\b', E'line\nbreak', NULL, NULL)::shop.address, NULL] END,
  ext.hstore(ARRAY['lang', (ARRAY['de', 'en', NULL])[i % 3 + 1], 'n', i::text]),
  jsonb_build_object('newsletter', i % 2 = 0, 'visits', i, 'note', repeat('x', i % 40)),
  date '1950-01-01' + i % 20000, (i % 1000) - 100.25, (i % 50) / 10.0, timestamptz '2020-01-01 00:00:00+00' + i * interval '97 minutes',
  CASE WHEN i % 7 = 0 THEN 100 + 5 * (i / 2) END
FROM generate_series(1, 10000) i;

INSERT INTO shop.categories VALUES ('goods', NULL, 'Everything');
INSERT INTO shop.categories SELECT ('goods.c' || i)::ext.ltree, 'goods', 'Category ' || i FROM generate_series(1, 20) i;
INSERT INTO shop.categories SELECT ('goods.c' || (i % 20 + 1) || '.s' || i)::ext.ltree, ('goods.c' || (i % 20 + 1))::ext.ltree, 'Shelf ' || i FROM generate_series(1, 200) i;
INSERT INTO shop.products (sku, category, title, description, price, size, search)
SELECT 'SKU-' || i, ('goods.c' || (i % 20 + 1))::ext.ltree, 'Product ' || i || ' ' || chr(9728 + i % 100), repeat('Words and words about it. ', i % 30), (i % 5000) / 4.0,
  CASE WHEN i % 5 > 0 THEN ROW(i % 10, i % 20, 1.5)::shop.dimensions END, to_tsvector('pg_catalog.simple', 'product ' || i)
FROM generate_series(1, 2000) i;
INSERT INTO shop.orders (ordered_at, region, customer_id, state, ship_to, note, total)
SELECT timestamptz '2020-06-01 00:00:00+00' + i * interval '3 hours 7 minutes', (ARRAY['north', 'south', 'north''east', 'west'])[i % 4 + 1], 100 + 5 * (i % 10000),
  (enum_range(NULL::shop.order_state))[i % 8 + 1], CASE WHEN i % 3 = 0 THEN ROW('S', 'C', 'Z', NULL)::shop.address END, CASE WHEN i % 2 = 0 THEN 'note ' || i END, i % 700
FROM generate_series(1, 15000) i;
INSERT INTO parts.orders_detached VALUES (1, '2030-05-05 00:00:00+00', 'north', 100, 'new', NULL, 'left behind', 1);
INSERT INTO shop.items SELECT o.id, o.ordered_at, l, 'SKU-' || (o.id + l) % 2000 + 1, l, (o.id % 500) / 4.0, NULLIF(l = 2, false)
FROM shop.orders o, generate_series(1, 2) l;
INSERT INTO shop.sessions SELECT md5('s' || i)::uuid, decode(md5(i::text), 'hex'), timestamp '2024-01-01' + i * interval '1 second' FROM generate_series(1, 2000) i;
INSERT INTO stock.warehouses (name, location, open)
SELECT 'Warehouse ' || i, point(i, -i), shop.timerange('08:00', ('17:' || lpad((i % 60)::text, 2, '0'))::time, '[)') FROM generate_series(1, 5) i;
INSERT INTO stock.suppliers VALUES (NULL, 'nowhere'), ('de', 'near'), ('it''s', 'odd'), ('nz', 'far'), ('', 'empty');
INSERT INTO stock.inventory SELECT w, 'SKU-' || i, (i * w) % 100, chr(97 + i % 26)::"char" FROM generate_series(1, 5) w, generate_series(1, 2000) i;
INSERT INTO stock.reservations (warehouse, during, dock, position_in_queue)
SELECT i % 5 + 1, tstzrange(timestamptz '2024-01-01 00:00:00+00' + i * interval '1 day', timestamptz '2024-01-01 00:00:00+00' + (i + 1) * interval '1 day'), box(point(i, i), point(0, 0)), i FROM generate_series(1, 500) i;
INSERT INTO shop.audit_log (at, who, relation, action, before, after)
SELECT timestamptz '2024-01-01 00:00:00+00' + i * interval '1 minute', 'someone', 'shop.orders'::regclass, (ARRAY['insert', 'update', 'delete'])[i % 3 + 1], to_jsonb(i), jsonb_build_object('id', i, 'digest', md5(i::text))
FROM generate_series(1, 20000) i;
INSERT INTO shop.documents (id, customer_id, name, body, scan, meta, page)
SELECT i, 100 + 5 * i, 'Document ' || i, CASE WHEN i <= 3 THEN (SELECT string_agg(md5(i || '/' || j), '') FROM generate_series(1, 33000) j) ELSE repeat('short ' || i, i) END,
  CASE WHEN i % 40 = 0 THEN decode(repeat(md5(i::text), 4000), 'hex') WHEN i % 3 = 0 THEN '\x' END, json_build_object('k', i, 'dup', 1),
  CASE WHEN i % 10 = 0 THEN ('<p a="' || i || '">text &amp; more</p>')::xml END
FROM generate_series(1, 200) i;
INSERT INTO shop.carts SELECT i, jsonb_build_array(i, NULL, 'x') FROM generate_series(1, 300) i;
INSERT INTO odd.no_columns SELECT FROM generate_series(1, 5);
INSERT INTO odd.all_dropped SELECT FROM generate_series(1, 3);
INSERT INTO odd.only_generated DEFAULT VALUES;
INSERT INTO odd.no_key SELECT i / 3, 'twice' FROM generate_series(1, 30) i;
INSERT INTO odd.no_key VALUES (NULL, NULL), (NULL, NULL), (NULL, '');
INSERT INTO odd.typed VALUES (1, 2, 3), (4, 5, NULL);
INSERT INTO odd.parent VALUES (1), (2);
INSERT INTO odd.child (id, own) VALUES (3, '2020-02-29');
INSERT INTO odd.grandchild (id, extra) VALUES (4, 'from both');
INSERT INTO odd.child_by_alter VALUES ('altered', 5);
INSERT INTO odd.wide (c1, c2) SELECT i, 'w' || i FROM generate_series(1, 50) i;
INSERT INTO odd.checks_its_row VALUES (1, 2), (NULL, 1);
INSERT INTO odd.default_needs_itself (id) VALUES (1);
INSERT INTO "Evil ""Schema"".x"."Table.with 'every' ""quote"" \ and $1 %s 😀" VALUES
  (1, '\N', E'\\.', E'tab\there', E'line\nbreak', E'carriage\rreturn', '\\N', '😀𝒳', E'\x01\x7f', '', 'é');
INSERT INTO "Evil ""Schema"".x"."Table.with 'every' ""quote"" \ and $1 %s 😀" VALUES (3, '', ' ', '  ', '"', '''', '\', 'NULL', 'null', '{}', E'\b\f\v');
INSERT INTO "Evil ""Schema"".x"."Table.with 'every' ""quote"" \ and $1 %s 😀" ("select") VALUES (2);
INSERT INTO "Evil ""Schema"".x"."this_table_name_is_exactly_sixty_three_bytes_long_at_the_limit_" VALUES (1, 'x'), (2, NULL);
INSERT INTO "Evil ""Schema"".x"."new
line" VALUES (1), (NULL);
INSERT INTO "Evil ""Schema"".x"."Case" VALUES (1, 'upper');
INSERT INTO "Evil ""Schema"".x"."case" VALUES (1);

-- One row that is all null, then the ends and oddities of each type.
INSERT INTO odd.every_type (id) VALUES (0);
INSERT INTO odd.every_type (id, t_bool, t_char1, t_name, t_int2, t_int4, t_int8, t_float4, t_float8, t_numeric, t_numeric_mod, t_money, t_text, t_varchar, t_bpchar, t_bytea, t_date, t_time, t_time0, t_timetz, t_ts, t_ts3, t_tstz, t_interval, t_interval_ym, t_uuid) VALUES
  (1, true, 'x', 'a name', -32768, -2147483648, -9223372036854775808, 'NaN', 'NaN', 'NaN', 'NaN', '-92233720368547758.08', '', '', '', '\x', '4713-01-01 BC', '00:00:00', '00:00:00', '00:00:00+15:59:59', '4713-01-01 00:00:00 BC', '0044-03-15 12:00:00.123 BC', '4713-01-01 00:00:00+00 BC', '-178000000 years', '-3 years 11 mons', '00000000-0000-0000-0000-000000000000'),
  (2, false, '', '', 32767, 2147483647, 9223372036854775807, '-0', '-0', '0.000000000000000000000000000000000001', '-0.00001', '92233720368547758.07', '\N', '\.', 'pad', '\x00ff5c0a09', '5874897-12-31', '24:00:00', '23:59:59', '24:00:00-15:59:59', '294276-12-31 23:59:59.999999', '2000-01-01 00:00:00.9994', '294276-12-31 23:59:59.999999+00', '178000000 years -11 mons 30 days -23:59:59.999999', '100 years', 'ffffffff-ffff-ffff-ffff-ffffffffffff'),
  (3, NULL, E'\\', E'tab\tname', 0, 0, 0, 'Infinity', '-Infinity', '-1e300', '123456789012345.12345', '0', E'tab\tnewline\nreturn\rbackslash\\end', E'\\\\N', E'\\N', '\x5c4e', 'infinity', '12:34:56.789', '12:34:56', '12:34:56.789+05:30', 'infinity', '-infinity', 'infinity', '00:00:00.000001', '0', md5('x')::uuid),
  (4, true, '~', 'ünïcode 😀', 1, 1, 1, 1.17549435e-38, 4.9406564584124654e-324, repeat('9', 400)::numeric, '0', '1', '😀𝒳 é (combining) ﷽ ' || chr(1114109), '😀', '😀', decode(repeat('00', 3000), 'hex'), '-infinity', '00:00:00.000001', '00:00:01', '00:00:00+00', '-infinity', '1999-12-31 23:59:59.9996', '-infinity', '1 mon -30 days', '1 mon', NULL),
  (5, false, ' ', 'x', -1, -1, -1, 3.4028235e38, 1.7976931348623157e308, 0.1 + 0.20, '-99999', '-0.01', repeat('long ', 30000), 'x', 'x', '\x00', '2000-02-29', '23:59:59.999999', '23:59:59', '23:59:59.999999+12', '1970-01-01', '1970-01-01', '1970-01-01 00:00:00+00', '1 day', '1 year', NULL);
INSERT INTO odd.every_type (id, t_inet, t_cidr, t_mac, t_mac8, t_bit, t_varbit, t_point, t_line, t_lseg, t_box, t_path, t_polygon, t_circle, t_json, t_jsonb, t_jsonpath, t_xml, t_tsvector, t_tsquery, t_int4range, t_int8range, t_numrange, t_tsrange, t_daterange, t_oid, t_regclass, t_regtype, t_lsn, t_xid, t_xid8, t_snapshot, t_tid) VALUES
  (10, '192.168.0.1/24', '10.0.0.0/8', '08:00:2b:01:02:03', '08:00:2b:01:02:03:04:05', B'10101', B'', '(NaN,Infinity)', '{1,-1,0}', '[(0,0),(1e300,-1e-300)]', '(1,1),(0,0)', '[(0,0),(1,1)]', '((0,0),(1,0),(1,1))', '<(0,0),0>', '{"a": 1, "a": 2,  "sp" : [ ]}', '{"b": [1.50, null, "\u00e9\n"], "a": {}}', '$.a[*] ? (@.b > 1)', '<a>&lt;</a>', 'a:1A b:2,3 ''it''''s'':4', 'a & !b | (c <-> d:*)', 'empty', '[1,)', '(,)', '[-infinity,infinity]', '[2000-01-01,2000-01-02)', 4294967295, 'shop.customers', 'shop.order_state', 'FFFFFFFF/FFFFFFFF', '4294967295', '18446744073709551615', '10:20:10,14,15', '(4294967295,65535)'),
  (11, '::1', '2001:db8::/32', 'ff:ff:ff:ff:ff:ff', '00:00:00:00:00:00:00:00', B'00000', B'1', '(-0,0)', '{0,1,0}', '[(0,0),(0,0)]', '(0,0),(0,0)', '((0,0))', '((0,0))', '<(1,1),1e10>', '"string"', 'null', '$', NULL, '', '', '(1,5]', '(,5)', '[0.1,0.10]', 'empty', '(,infinity)', 0, '"Evil ""Schema"".x"."Case"', 'integer[]', '0/0', '0', '0', '1:1:', '(0,0)');
INSERT INTO odd.every_type (id, t_int_array, t_text_array, t_float_array, t_jsonb_array, t_ts_array, t_enum, t_enum_array, t_composite, t_composite_array, t_empty_composite, t_domain, t_domain_composite, t_range, t_text_range, t_hstore, t_citext, t_ltree, t_cube, t_whole_row) VALUES
  (20, '[-1:1]={1,NULL,3}', ARRAY['', NULL, 'NULL', 'a,b', '{}', '"', '\', E'\n', ' '], ARRAY['NaN', 'Infinity', '-0']::float8[], ARRAY['{"a": [1]}', NULL]::jsonb[], ARRAY['infinity', '4713-01-01 00:00:00+00 BC']::timestamptz[], '', ARRAY['it''s "shipped"', NULL, '']::shop.order_state[], ROW(NULL, NULL, NULL, NULL)::shop.address, ARRAY[ROW('"', '(', ',', NULL)::shop.address], ROW()::shop.empty_composite, '{1,2,3,4,5}', ROW(NULL, 'c', NULL, NULL)::shop.address, shop.timerange('08:00', '24:00', '(]'), shop.name_range('"', '\', '[]'), 'a=>NULL, ""=>"", "q\"q"=>"b\\s"', 'MiXeD', 'a.b_1.c', '(1,2),(3,4)', ROW(1, 'x')::odd.no_key),
  (21, '{}', '{}', '{{1,2},{3,4}}', '{}', '{}', 'ünïcode 😀', '{}', NULL, ARRAY[]::shop.address[], NULL, '{}', NULL, 'empty', shop.name_range(NULL, NULL), '', '', '', '(0)', ROW(NULL, NULL)::odd.no_key),
  (22, '{{{1}}}', ARRAY['\N', E'\\.'], NULL, NULL, NULL, 'checked', ARRAY[ARRAY['new', 'paid']]::shop.order_state[], ROW('', '', '', '(0,0)')::shop.address, ARRAY[NULL]::shop.address[], NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
DO $demo$
BEGIN
  IF current_setting('server_version_num')::int >= 140000 THEN
    EXECUTE $sql$INSERT INTO odd.every_type (id, t_numeric, t_multirange, t_own_multirange) VALUES
      (30, 'Infinity', '{[1,3),[5,7)}', '{[1.5,2.50)}'), (31, '-Infinity', '{}', '{(,)}')$sql$;
  END IF;
  IF current_setting('server_version_num')::int >= 150000 THEN
    EXECUTE 'INSERT INTO odd.every_type (id, t_thousands) VALUES (40, 12345678)';
  END IF;
  IF current_setting('server_version_num')::int >= 170000 THEN
    EXECUTE $sql$INSERT INTO odd.every_type (id, t_interval) VALUES (50, 'infinity'), (51, '-infinity')$sql$;
  END IF;
END
$demo$;

-- ---------------------------------------------------------------------------------------------------------------------
-- Large objects
-- ---------------------------------------------------------------------------------------------------------------------
SELECT lo_from_bytea(90000 + i, decode(repeat(md5(i::text), i), 'hex')) FROM generate_series(1, 40) i;
SELECT lo_create(90100);
SELECT lo_from_bytea(90101, decode(repeat(md5('big'), 60000), 'hex'));
SELECT lo_put(lo_create(90102), 10000, '\x01');
UPDATE shop.documents SET file = 90000 + id WHERE id <= 40;
ALTER LARGE OBJECT 90001 OWNER TO shop_sales;
GRANT SELECT ON LARGE OBJECT 90002 TO "Shop ""Reader""" WITH GRANT OPTION;
GRANT SELECT, UPDATE ON LARGE OBJECT 90003 TO PUBLIC;
COMMENT ON LARGE OBJECT 90001 IS 'The first scan';

-- ---------------------------------------------------------------------------------------------------------------------
-- Indexes and statistics objects
-- ---------------------------------------------------------------------------------------------------------------------
CREATE UNIQUE INDEX customers_email ON shop.customers (email);
CREATE UNIQUE INDEX customers_uuid ON shop.customers (uuid);
CREATE INDEX customers_nickname ON shop.customers (nickname DESC NULLS LAST) WHERE nickname IS NOT NULL;
CREATE INDEX customers_expression ON shop.customers ((lower(full_name)), ((settings ->> 'visits')::integer), born);
ALTER INDEX shop.customers_expression ALTER COLUMN 1 SET STATISTICS 300;
ALTER INDEX shop.customers_expression ALTER COLUMN 2 SET STATISTICS 0;
CREATE INDEX customers_name_trgm ON shop.customers USING gin (full_name ext.gin_trgm_ops) WITH (fastupdate = off);
CREATE INDEX customers_settings ON shop.customers USING gin (settings jsonb_path_ops);
CREATE INDEX customers_tags ON shop.customers USING gist (tags);
CREATE INDEX customers_created ON shop.customers USING brin (created_at) WITH (pages_per_range = 16, autosummarize = on);
CREATE INDEX customers_referrer ON shop.customers USING hash (referred_by);
CREATE INDEX customers_c_order ON shop.customers (full_name COLLATE "C" text_pattern_ops);
CREATE INDEX products_search ON shop.products USING gin (search);
CREATE INDEX products_category ON shop.products USING gist (category);
CREATE INDEX products_title ON shop.products USING spgist (title);
CREATE INDEX products_valid ON shop.products USING gist (valid_during) INCLUDE (price);
CREATE INDEX products_mixed ON shop.products USING gin (sku, price) WHERE price > 10;
CREATE INDEX products_plain ON shop.products (price) INCLUDE (title) WITH (fillfactor = 60, deduplicate_items = off);
CREATE INDEX audit_log_at ON shop.audit_log USING brin (at);
ALTER TABLE shop.items ADD CONSTRAINT items_pkey PRIMARY KEY (order_id, ordered_at, line);
ALTER TABLE shop.items CLUSTER ON items_pkey;
CREATE UNIQUE INDEX warehouses_identity ON stock.warehouses (id, name);
ALTER TABLE stock.warehouses REPLICA IDENTITY USING INDEX warehouses_identity;
ALTER TABLE odd.no_key REPLICA IDENTITY NOTHING;
CREATE UNIQUE INDEX "Evil ""Schema"".x.index" ON "Evil ""Schema"".x"."Table.with 'every' ""quote"" \ and $1 %s 😀" ("a.b", lower("new
line"));
ALTER TABLE shop.orders ADD CONSTRAINT orders_pkey PRIMARY KEY (id, ordered_at);
CREATE INDEX orders_customer ON shop.orders (customer_id);
CREATE INDEX orders_2022_only ON parts.orders_2022 (note) WHERE note IS NOT NULL;
ALTER INDEX parts.orders_2022_customer_id_idx RENAME TO orders_2022_by_customer;
ALTER INDEX parts.orders_2022_by_customer SET (fillfactor = 50);
-- A partitioned index that covers only some partitions, and is invalid therefore.
CREATE INDEX orders_half_done ON ONLY shop.orders (state);
CREATE INDEX orders_2021_state ON parts.orders_2021 (state);
ALTER INDEX shop.orders_half_done ATTACH PARTITION parts.orders_2021_state;
CREATE UNIQUE INDEX sessions_key ON shop.sessions (id);
COMMENT ON INDEX shop.customers_email IS 'One account for one address';
COMMENT ON INDEX shop.orders_customer IS 'On the parent';
COMMENT ON CONSTRAINT orders_pkey ON shop.orders IS 'The key of the partitioned table';

CREATE STATISTICS shop.customers_both (ndistinct, dependencies) ON born, credit FROM shop.customers;
CREATE STATISTICS shop.orders_mcv (mcv) ON region, state FROM shop.orders;
ALTER STATISTICS shop.customers_both SET STATISTICS 200;
COMMENT ON STATISTICS shop.customers_both IS 'Young people owe more';
DO $demo$
BEGIN
  IF current_setting('server_version_num')::int >= 140000 THEN
    EXECUTE 'CREATE STATISTICS shop.customers_year ON (extract(year FROM born)), lower(full_name) FROM shop.customers';
  END IF;
  IF current_setting('server_version_num')::int >= 150000 THEN
    EXECUTE 'CREATE UNIQUE INDEX inventory_shelf ON stock.reservations (position_in_queue) NULLS NOT DISTINCT';
    EXECUTE 'ALTER TABLE shop.carts ADD CONSTRAINT carts_content UNIQUE NULLS NOT DISTINCT (content)';
  END IF;
END
$demo$;

-- ---------------------------------------------------------------------------------------------------------------------
-- Constraints
-- ---------------------------------------------------------------------------------------------------------------------
ALTER TABLE shop.customers ADD CONSTRAINT referred_by_customer FOREIGN KEY (referred_by) REFERENCES shop.customers (id) NOT VALID;
ALTER TABLE shop.customers ADD CONSTRAINT credit_in_range CHECK (credit > 0) NOT VALID;
ALTER TABLE shop.products ADD CONSTRAINT products_category_fkey FOREIGN KEY (category) REFERENCES shop.categories ON UPDATE CASCADE;
ALTER TABLE shop.orders ADD CONSTRAINT orders_customer_fkey FOREIGN KEY (customer_id) REFERENCES shop.customers ON DELETE CASCADE;
ALTER TABLE shop.items ADD CONSTRAINT items_order_fkey FOREIGN KEY (order_id, ordered_at) REFERENCES shop.orders (id, ordered_at) MATCH FULL ON DELETE CASCADE ON UPDATE CASCADE;
ALTER TABLE shop.items ADD CONSTRAINT items_sku_fkey FOREIGN KEY (sku) REFERENCES shop.products ON DELETE SET DEFAULT DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE stock.inventory ADD CONSTRAINT inventory_warehouse_fkey FOREIGN KEY (warehouse) REFERENCES stock.warehouses DEFERRABLE INITIALLY IMMEDIATE;
ALTER TABLE stock.inventory ADD CONSTRAINT inventory_sku_fkey FOREIGN KEY (sku) REFERENCES shop.products ON DELETE NO ACTION;
ALTER TABLE stock.reservations ADD CONSTRAINT reservations_warehouse_fkey FOREIGN KEY (warehouse) REFERENCES stock.warehouses ON DELETE SET NULL;
ALTER TABLE parts.orders_2024 ADD CONSTRAINT only_2024 FOREIGN KEY (customer_id) REFERENCES shop.customers;
ALTER TABLE shop.documents ADD CONSTRAINT documents_customer_fkey FOREIGN KEY (customer_id) REFERENCES shop.customers (id);
COMMENT ON CONSTRAINT orders_customer_fkey ON shop.orders IS 'From a partitioned table';
DO $demo$
BEGIN
  IF current_setting('server_version_num')::int >= 150000 THEN
    EXECUTE 'CREATE TABLE shop.returns (id integer PRIMARY KEY, order_id bigint, ordered_at timestamptz,
      FOREIGN KEY (order_id, ordered_at) REFERENCES shop.orders (id, ordered_at) ON DELETE SET NULL (order_id))';
    EXECUTE 'INSERT INTO shop.returns SELECT row_number() OVER (ORDER BY id), id, ordered_at FROM shop.orders WHERE id % 100 = 0';
  END IF;
  IF current_setting('server_version_num')::int >= 170000 THEN
    EXECUTE 'CREATE TABLE shop.identity_parts (id integer GENERATED ALWAYS AS IDENTITY, v text) PARTITION BY LIST (v)';
    EXECUTE 'CREATE TABLE parts.identity_parts_default PARTITION OF shop.identity_parts DEFAULT';
    EXECUTE $sql$INSERT INTO shop.identity_parts (v) SELECT 'v' || i FROM generate_series(1, 10) i$sql$;
  END IF;
  IF current_setting('server_version_num')::int >= 180000 THEN
    EXECUTE 'CREATE TABLE shop.prices (sku varchar(20), during daterange, price numeric,
      PRIMARY KEY (sku, during WITHOUT OVERLAPS), UNIQUE (price, during WITHOUT OVERLAPS))';
    EXECUTE 'CREATE TABLE shop.offers (sku varchar(20), during daterange, text text,
      FOREIGN KEY (sku, PERIOD during) REFERENCES shop.prices (sku, PERIOD during))';
    EXECUTE $sql$INSERT INTO shop.prices SELECT 'SKU-' || i, daterange('2024-01-01', '2025-01-01'), i FROM generate_series(1, 50) i$sql$;
    EXECUTE $sql$INSERT INTO shop.offers SELECT 'SKU-' || i, daterange('2024-03-01', '2024-04-01'), 'cheap' FROM generate_series(1, 20) i$sql$;
    EXECUTE 'CREATE TABLE odd.newest (a integer, b integer GENERATED ALWAYS AS (a * 2) VIRTUAL, c integer CONSTRAINT "c is there" NOT NULL,
      d integer CONSTRAINT d_own NOT NULL NO INHERIT, CONSTRAINT not_enforced CHECK (a > 100) NOT ENFORCED)';
    EXECUTE 'ALTER TABLE odd.newest ADD CONSTRAINT a_later NOT NULL a NOT VALID';
    EXECUTE 'ALTER TABLE odd.newest ADD CONSTRAINT to_customers FOREIGN KEY (a) REFERENCES odd.empty NOT ENFORCED';
    EXECUTE 'INSERT INTO odd.newest (a, c, d) SELECT i, i, i FROM generate_series(1, 10) i';
    EXECUTE 'COMMENT ON CONSTRAINT "c is there" ON odd.newest IS ''A not-null constraint with a name''';
  END IF;
END
$demo$;

-- ---------------------------------------------------------------------------------------------------------------------
-- Views, materialized views, rules
-- ---------------------------------------------------------------------------------------------------------------------
CREATE VIEW shop.good_customers WITH (security_barrier) AS SELECT id, email, full_name, credit FROM shop.customers WHERE credit > 100;
CREATE VIEW shop.cheap_products AS SELECT * FROM shop.products WHERE price < 10 WITH LOCAL CHECK OPTION;
CREATE VIEW shop.very_cheap_products AS SELECT * FROM shop.cheap_products WHERE price < 1 WITH CASCADED CHECK OPTION;
CREATE RECURSIVE VIEW shop.category_tree (path, depth) AS
  SELECT path, 0 FROM shop.categories WHERE parent IS NULL
  UNION ALL SELECT c.path, t.depth + 1 FROM shop.categories c JOIN category_tree t ON c.parent OPERATOR(ext.=) t.path;
-- Grouping by the primary key makes the view depend on the key, which comes after the data.
CREATE VIEW shop.by_primary_key AS
  SELECT c.id, c.full_name, c.created_at, count(o.id) AS orders FROM shop.customers c LEFT JOIN shop.orders o ON o.customer_id = c.id GROUP BY c.id;
CREATE VIEW shop.on_top_of_it AS SELECT id, orders FROM shop.by_primary_key WHERE orders > 1;
CREATE VIEW "Evil ""Schema"".x"."a view; --" ("col ""1""") AS SELECT "a.b" FROM "Evil ""Schema"".x"."Table.with 'every' ""quote"" \ and $1 %s 😀";
ALTER VIEW shop.good_customers ALTER COLUMN credit SET DEFAULT 0;
COMMENT ON VIEW shop.good_customers IS 'They pay';
COMMENT ON COLUMN shop.good_customers.credit IS 'Always above 100';
DO $demo$
BEGIN
  IF current_setting('server_version_num')::int >= 150000 THEN
    EXECUTE 'CREATE VIEW shop.invoker_view WITH (security_invoker = true) AS SELECT id FROM shop.customers';
  END IF;
  IF current_setting('server_version_num')::int >= 140000 THEN
    -- These function bodies are parsed, so the functions need the tables, and the second needs a primary key.
    EXECUTE 'CREATE FUNCTION shop.customer_count() RETURNS bigint LANGUAGE sql STABLE RETURN (SELECT count(*) FROM shop.customers)';
    EXECUTE 'CREATE FUNCTION shop.customer_names() RETURNS SETOF text LANGUAGE sql STABLE
      BEGIN ATOMIC SELECT c.full_name FROM shop.customers c GROUP BY c.id; END';
  END IF;
END
$demo$;

CREATE MATERIALIZED VIEW shop.sales AS
  SELECT date_trunc('month', ordered_at AT TIME ZONE 'UTC') AS month, region, count(*) AS orders, sum(total) AS total FROM shop.orders GROUP BY 1, 2;
CREATE UNIQUE INDEX sales_key ON shop.sales (month, region);
CREATE MATERIALIZED VIEW shop.sales_by_year AS SELECT date_trunc('year', month) AS year, sum(total) AS total FROM shop.sales GROUP BY 1;
CREATE VIEW shop.recent_years AS SELECT * FROM shop.sales_by_year WHERE year > '2021-01-01';
CREATE MATERIALIZED VIEW "Evil ""Schema"".x"."Top Year" WITH (fillfactor = 80) AS SELECT max(total) AS total FROM shop.recent_years;
CREATE MATERIALIZED VIEW shop.not_populated AS SELECT id FROM shop.customers WITH NO DATA;
CREATE INDEX not_populated_id ON shop.not_populated (id);
CREATE MATERIALIZED VIEW shop.needs_a_key AS SELECT id, full_name, count(*) AS n FROM shop.customers GROUP BY id;
CREATE INDEX needs_a_key_name ON shop.needs_a_key USING gin (full_name ext.gin_trgm_ops);
ALTER MATERIALIZED VIEW shop.sales CLUSTER ON sales_key;
COMMENT ON MATERIALIZED VIEW shop.sales IS 'Refreshed at night';

CREATE RULE no_delete AS ON DELETE TO stock.warehouses DO INSTEAD NOTHING;
CREATE RULE log_update AS ON UPDATE TO odd.no_key WHERE old.a IS DISTINCT FROM new.a
  DO ALSO (INSERT INTO odd.parent (id) VALUES (new.a + 100); SELECT 'two; commands');
CREATE RULE insert_through AS ON INSERT TO shop.good_customers DO INSTEAD
  INSERT INTO shop.customers (email, full_name) VALUES (new.email, new.full_name) RETURNING id, email, full_name, credit;
ALTER TABLE odd.no_key DISABLE RULE log_update;
COMMENT ON RULE no_delete ON stock.warehouses IS 'They stay';

-- ---------------------------------------------------------------------------------------------------------------------
-- Triggers: each would change or count rows if it fired while rows are copied
-- ---------------------------------------------------------------------------------------------------------------------
CREATE TABLE shop.fired (trigger_name text, tg_table text, at_row bigint);
CREATE FUNCTION shop.fire() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO shop.fired VALUES (tg_name, tg_relid::regclass::text, tg_nargs);
  IF tg_op = 'DELETE' THEN RETURN old; END IF;
  RETURN new;
END
$$;
CREATE FUNCTION shop.fire_many() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO shop.fired SELECT tg_name, tg_relid::regclass::text, count(*) FROM added;
  RETURN NULL;
END
$$;
CREATE TRIGGER row_before BEFORE INSERT OR UPDATE OF full_name, email ON shop.customers FOR EACH ROW WHEN (new.full_name <> '') EXECUTE FUNCTION shop.fire('an argument', E'with ''quote'' and \\ backslash');
CREATE TRIGGER statement_after AFTER INSERT OR DELETE OR TRUNCATE ON shop.products FOR EACH STATEMENT EXECUTE FUNCTION shop.fire();
CREATE TRIGGER with_rows AFTER INSERT ON shop.products REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION shop.fire_many();
CREATE TRIGGER keep_search BEFORE INSERT OR UPDATE ON shop.products FOR EACH ROW EXECUTE FUNCTION tsvector_update_trigger('search', 'pg_catalog.english', 'title', 'description');
CREATE CONSTRAINT TRIGGER check_late AFTER INSERT ON shop.items DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION shop.fire();
CREATE CONSTRAINT TRIGGER check_other AFTER UPDATE ON shop.items FROM shop.products NOT DEFERRABLE FOR EACH ROW EXECUTE FUNCTION shop.fire();
CREATE TRIGGER disabled_one BEFORE INSERT ON stock.inventory FOR EACH ROW EXECUTE FUNCTION shop.fire();
CREATE TRIGGER always_one AFTER INSERT ON stock.inventory FOR EACH ROW EXECUTE FUNCTION shop.fire();
CREATE TRIGGER replica_one AFTER INSERT ON stock.inventory FOR EACH ROW EXECUTE FUNCTION shop.fire();
ALTER TABLE stock.inventory DISABLE TRIGGER disabled_one;
ALTER TABLE stock.inventory ENABLE ALWAYS TRIGGER always_one;
ALTER TABLE stock.inventory ENABLE REPLICA TRIGGER replica_one;
CREATE TRIGGER instead_of INSTEAD OF INSERT OR UPDATE ON shop.cheap_products FOR EACH ROW EXECUTE FUNCTION shop.fire();
CREATE TRIGGER on_partitioned AFTER INSERT OR UPDATE ON shop.orders FOR EACH ROW EXECUTE FUNCTION shop.fire();
ALTER TABLE parts.orders_2022 DISABLE TRIGGER on_partitioned;
CREATE TRIGGER on_partition BEFORE DELETE ON parts.orders_2021 FOR EACH ROW EXECUTE FUNCTION shop.fire();
CREATE TRIGGER "trig.ger ""x""" BEFORE INSERT ON "Evil ""Schema"".x"."Case" FOR EACH ROW EXECUTE FUNCTION shop.fire();
CREATE TRIGGER unlink_file BEFORE UPDATE OR DELETE ON shop.documents FOR EACH ROW EXECUTE FUNCTION lo_manage(file);
COMMENT ON TRIGGER row_before ON shop.customers IS 'Fires for no copy';

-- ---------------------------------------------------------------------------------------------------------------------
-- Row-level security
-- ---------------------------------------------------------------------------------------------------------------------
ALTER TABLE shop.documents ENABLE ROW LEVEL SECURITY;
ALTER TABLE shop.audit_log ENABLE ROW LEVEL SECURITY;
ALTER TABLE shop.audit_log FORCE ROW LEVEL SECURITY;
CREATE POLICY readers_see_some ON shop.documents FOR SELECT TO "Shop ""Reader""", shop_auditor USING (id % 2 = 0);
CREATE POLICY nobody_deletes ON shop.documents AS RESTRICTIVE FOR DELETE USING (false);
CREATE POLICY add_only_big ON shop.documents FOR INSERT TO PUBLIC WITH CHECK (id > 1000);
CREATE POLICY change_own ON shop.documents FOR UPDATE USING (customer_id IS NULL) WITH CHECK (true);
CREATE POLICY hidden ON shop.audit_log USING (who = CURRENT_USER);
COMMENT ON POLICY hidden ON shop.audit_log IS 'Even from the owner';

-- ---------------------------------------------------------------------------------------------------------------------
-- Publications
-- ---------------------------------------------------------------------------------------------------------------------
CREATE PUBLICATION some_tables FOR TABLE shop.customers, ONLY odd.parent WITH (publish = 'insert, update');
CREATE PUBLICATION partitions FOR TABLE shop.orders WITH (publish_via_partition_root = true);
CREATE PUBLICATION "empty publication";
COMMENT ON PUBLICATION some_tables IS 'For the data warehouse';
DO $demo$
BEGIN
  IF current_setting('server_version_num')::int >= 150000 THEN
    EXECUTE 'CREATE PUBLICATION filtered FOR TABLE shop.products (sku, price) WHERE (price > 5), stock.warehouses WITH (publish = ''insert'')';
  END IF;
  IF current_setting('server_version_num')::int >= 180000 THEN
    EXECUTE 'CREATE PUBLICATION generated_too FOR TABLE shop.products WITH (publish_generated_columns = stored)';
  END IF;
END
$demo$;

-- ---------------------------------------------------------------------------------------------------------------------
-- Owners, grants, default privileges, settings of the database
-- ---------------------------------------------------------------------------------------------------------------------
GRANT USAGE, CREATE ON SCHEMA shop TO shop_sales;
GRANT ALL ON SCHEMA stock, parts TO shop_stock;
GRANT USAGE ON SCHEMA ext, shop, stock TO PUBLIC;
ALTER SCHEMA stock OWNER TO shop_stock;
ALTER TABLE stock.inventory OWNER TO shop_stock;
ALTER TABLE stock.warehouses OWNER TO shop_stock;
ALTER SEQUENCE stock.going_down OWNER TO shop_stock;
ALTER VIEW shop.recent_years OWNER TO shop_sales;
ALTER MATERIALIZED VIEW shop.not_populated OWNER TO shop_sales;
ALTER FUNCTION shop.who() OWNER TO shop_sales;
ALTER TYPE shop.dimensions OWNER TO shop_sales;
ALTER DOMAIN shop.positive OWNER TO shop_sales;
ALTER AGGREGATE shop.total(integer) OWNER TO shop_sales;
ALTER TEXT SEARCH CONFIGURATION shop.product_search OWNER TO shop_sales;
ALTER COLLATION shop.bytewise OWNER TO shop_sales;
ALTER STATISTICS shop.orders_mcv OWNER TO shop_sales;
ALTER TABLE parts.orders_2021 OWNER TO shop_stock;
GRANT CREATE ON SCHEMA shop TO shop_stock;

GRANT SELECT ON ALL TABLES IN SCHEMA shop TO "Shop ""Reader""";
-- The view shop.recent_years reads this with its owner's rights, so the refresh of "Top Year" has to come after the grant.
GRANT SELECT ON shop.sales_by_year TO shop_sales;
GRANT SELECT, INSERT ON shop.orders TO shop_sales WITH GRANT OPTION;
GRANT SELECT (id, email), UPDATE (nickname) ON shop.customers TO shop_auditor;
GRANT REFERENCES (id) ON shop.customers TO shop_stock WITH GRANT OPTION;
GRANT TRIGGER, TRUNCATE ON shop.carts TO PUBLIC;
GRANT USAGE ON SEQUENCE stock.near_the_end TO shop_sales;
GRANT SELECT ON "Evil ""Schema"".x"."Table.with 'every' ""quote"" \ and $1 %s 😀" TO "Shop ""Reader""";
GRANT SELECT ("new
line") ON "Evil ""Schema"".x"."Table.with 'every' ""quote"" \ and $1 %s 😀" TO shop_auditor;
REVOKE ALL ON shop.fired FROM CURRENT_USER;
REVOKE EXECUTE ON FUNCTION shop.slug(text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION shop.slug(text) TO shop_sales WITH GRANT OPTION;
REVOKE EXECUTE ON PROCEDURE shop.nothing(integer) FROM PUBLIC;
REVOKE USAGE ON TYPE shop.order_state FROM PUBLIC;
GRANT USAGE ON TYPE shop.order_state TO shop_sales;
GRANT USAGE ON DOMAIN shop.email TO shop_auditor;

ALTER DEFAULT PRIVILEGES FOR ROLE shop_sales GRANT SELECT ON TABLES TO "Shop ""Reader""";
ALTER DEFAULT PRIVILEGES FOR ROLE shop_sales REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;
ALTER DEFAULT PRIVILEGES FOR ROLE shop_stock IN SCHEMA stock GRANT USAGE ON SEQUENCES TO shop_sales WITH GRANT OPTION;
ALTER DEFAULT PRIVILEGES FOR ROLE shop_stock REVOKE USAGE ON TYPES FROM PUBLIC;
ALTER DEFAULT PRIVILEGES FOR ROLE shop_stock GRANT USAGE ON SCHEMAS TO shop_auditor;
DO $demo$
BEGIN
  IF current_setting('server_version_num')::int >= 170000 THEN
    EXECUTE 'GRANT MAINTAIN ON shop.carts TO shop_sales';
  END IF;
  IF current_setting('server_version_num')::int >= 180000 THEN
    EXECUTE 'ALTER DEFAULT PRIVILEGES FOR ROLE shop_stock GRANT SELECT ON LARGE OBJECTS TO shop_auditor';
  END IF;

  EXECUTE format('COMMENT ON DATABASE %I IS %L', current_database(), 'The demo''s database');
  EXECUTE format('ALTER DATABASE %I SET work_mem = %L', current_database(), '8MB');
  EXECUTE format('ALTER DATABASE %I SET application_name = %L', current_database(), 'it''s "here", \ and there');
  EXECUTE format('ALTER DATABASE %I SET search_path = shop, "Evil ""Schema"".x", ext, public', current_database());
  EXECUTE format('ALTER DATABASE %I SET "DateStyle" = %L', current_database(), 'German, DMY');
  EXECUTE format('ALTER DATABASE %I SET extra_float_digits = 0', current_database());
  EXECUTE format('ALTER DATABASE %I SET "IntervalStyle" = sql_standard', current_database());
  EXECUTE format('ALTER DATABASE %I SET "TimeZone" = %L', current_database(), 'America/St_Johns');
  EXECUTE format('REVOKE TEMPORARY ON DATABASE %I FROM PUBLIC', current_database());
  EXECUTE format('GRANT CREATE, CONNECT ON DATABASE %I TO shop_sales', current_database());
END
$demo$;
