-- Twelve tables of an application, about 2 GB in all: wide rows, jsonb, arrays, uuids, TOAST, three or four indexes each,
-- foreign keys, and one table that holds half of it. Made from numbers: every load is the same.
CREATE TABLE users (
  id bigint NOT NULL, email text NOT NULL, name text NOT NULL, born date, settings jsonb NOT NULL, roles text[] NOT NULL,
  created_at timestamptz NOT NULL, token uuid NOT NULL, bio text
);
CREATE TABLE products (
  id integer NOT NULL, sku text NOT NULL, title text NOT NULL, price numeric(10, 2) NOT NULL, attributes jsonb NOT NULL,
  tags text[] NOT NULL, description text, stock integer NOT NULL
);
CREATE TABLE orders (
  id bigint NOT NULL, user_id bigint NOT NULL, state text NOT NULL, placed_at timestamptz NOT NULL, total numeric(12, 2) NOT NULL,
  ship_to jsonb NOT NULL, note text, reference uuid NOT NULL
);
CREATE TABLE order_lines (
  order_id bigint NOT NULL, line smallint NOT NULL, product_id integer NOT NULL, quantity integer NOT NULL, price numeric(10, 2) NOT NULL,
  discounts numeric(4, 2)[], gift boolean NOT NULL
);
CREATE TABLE events (
  id bigint NOT NULL, at timestamptz NOT NULL, user_id bigint NOT NULL, kind text NOT NULL, session uuid NOT NULL, payload jsonb NOT NULL,
  path text NOT NULL, agent text NOT NULL, codes integer[] NOT NULL, amount numeric(12, 4), duration double precision
);
CREATE TABLE measurements (
  sensor integer NOT NULL, at timestamp NOT NULL, value double precision NOT NULL, quality smallint NOT NULL, raw integer NOT NULL
);
CREATE TABLE documents (id bigint NOT NULL, user_id bigint NOT NULL, title text NOT NULL, body text NOT NULL, digest bytea NOT NULL, meta jsonb NOT NULL);
CREATE TABLE messages (
  id bigint NOT NULL, sender bigint NOT NULL, recipient bigint NOT NULL, sent_at timestamptz NOT NULL, subject text NOT NULL, body text NOT NULL, labels text[]
);
CREATE TABLE invoices (
  id bigint NOT NULL, order_id bigint NOT NULL, number text NOT NULL, issued date NOT NULL, amounts numeric(12, 2)[] NOT NULL, lines jsonb NOT NULL, paid boolean
);
CREATE TABLE shipments (
  id bigint NOT NULL, order_id bigint NOT NULL, carrier text NOT NULL, tracking uuid NOT NULL, history jsonb NOT NULL, left_at timestamptz, arrived_at timestamptz, weight real
);
CREATE TABLE sessions (
  id uuid NOT NULL, user_id bigint NOT NULL, address inet NOT NULL, opened timestamptz NOT NULL, data bytea NOT NULL, agent text NOT NULL
);
CREATE TABLE reviews (
  product_id integer NOT NULL, user_id bigint NOT NULL, stars smallint NOT NULL, text text NOT NULL, votes integer[] NOT NULL, written_at timestamptz NOT NULL
);

INSERT INTO users
SELECT i, 'user' || i || '@example.com', 'Name ' || md5(i::text), date '1950-01-01' + i % 20000,
  jsonb_build_object('theme', (ARRAY['dark', 'light'])[i % 2 + 1], 'visits', i % 977, 'address', jsonb_build_object('city', 'City ' || i % 500, 'zip', i % 99999)),
  ARRAY['reader', 'role' || i % 7], timestamptz '2015-01-01 00:00:00+00' + i * interval '11 minutes', md5('u' || i)::uuid, repeat('About me ' || i || '. ', i % 12)
FROM generate_series(1, 200000) i;
INSERT INTO products
SELECT i, 'SKU-' || md5(i::text), 'Product ' || i, (i % 100000) / 7.0, jsonb_build_object('color', i % 16, 'size', ARRAY[i % 10, i % 20], 'maker', 'Maker ' || i % 300),
  ARRAY['tag' || i % 50, 'tag' || i % 70], repeat('A sentence about product ' || i || '. ', 5 + i % 15), i % 1000
FROM generate_series(1, 100000) i;
INSERT INTO orders
SELECT i, i * 7919::bigint % 200000 + 1, (ARRAY['new', 'paid', 'shipped', 'returned'])[i % 4 + 1], timestamptz '2018-01-01 00:00:00+00' + i * interval '5 minutes',
  (i % 90000) / 11.0, jsonb_build_object('street', 'Street ' || i % 5000, 'city', 'City ' || i % 500, 'country', 'DE'), CASE WHEN i % 3 = 0 THEN 'Please ring twice, order ' || i END, md5('o' || i)::uuid
FROM generate_series(1, 400000) i;
INSERT INTO order_lines
SELECT i, l, (i * 31::bigint + l * 17) % 100000 + 1, l, (i % 5000) / 3.0, CASE WHEN i % 4 = 0 THEN ARRAY[0.05, 0.10] END, i % 9 = 0
FROM generate_series(1, 400000) i, generate_series(1, 3) l;
INSERT INTO events
SELECT i, timestamptz '2020-01-01 00:00:00+00' + i * interval '19 seconds', i * 104729::bigint % 200000 + 1, 'kind-' || i % 40, md5('s' || i / 20)::uuid,
  jsonb_build_object('page', i % 3000, 'referrer', md5((i % 9973)::text), 'flags', jsonb_build_array(i % 2 = 0, i % 3, NULL), 'text', repeat('lorem ', i % 8)),
  '/path/' || i % 4000 || '/' || md5((i % 20011)::text), 'Mozilla/5.0 (X11; Linux x86_64) Browser/' || i % 60, ARRAY[i % 200, i % 300, i % 400], (i % 1000000) / 13.0, i * 0.001
FROM generate_series(1, 2300000) i;
INSERT INTO measurements
SELECT i % 500, timestamp '2023-01-01' + i * interval '1 second', sin(i) * 100, i % 5, i * 7 % 100003 FROM generate_series(1, 1500000) i;
INSERT INTO documents
SELECT i, i * 61::bigint % 200000 + 1, 'Document ' || i, (SELECT string_agg(md5(i || '/' || j), ' ') FROM generate_series(1, 40 + i % 200) j), decode(md5(i::text), 'hex'),
  jsonb_build_object('pages', i % 90, 'words', i % 4000)
FROM generate_series(1, 20000) i;
INSERT INTO messages
SELECT i, i * 13::bigint % 200000 + 1, i * 17::bigint % 200000 + 1, timestamptz '2021-01-01 00:00:00+00' + i * interval '2 minutes', 'Subject ' || i, repeat('A line of the message ' || i || '. ', 1 + i % 15),
  CASE WHEN i % 5 > 0 THEN ARRAY['inbox', 'label' || i % 30] END
FROM generate_series(1, 250000) i;
INSERT INTO invoices
SELECT i, i, 'INV-' || lpad(i::text, 9, '0'), date '2018-01-01' + i / 300, ARRAY[i % 100, i % 7] , jsonb_build_array(jsonb_build_object('n', 1, 'price', i % 5000), jsonb_build_object('n', 2, 'price', i % 77)), i % 10 > 0
FROM generate_series(1, 300000) i;
INSERT INTO shipments
SELECT i, i, 'Carrier ' || i % 12, md5('t' || i)::uuid, jsonb_build_array(jsonb_build_object('at', i, 'where', 'Hub ' || i % 40), jsonb_build_object('at', i + 1, 'where', 'Hub ' || i % 41)),
  timestamptz '2018-01-02 00:00:00+00' + i * interval '5 minutes', CASE WHEN i % 20 > 0 THEN timestamptz '2018-01-04 00:00:00+00' + i * interval '5 minutes' END, (i % 500) / 10.0
FROM generate_series(1, 300000) i;
INSERT INTO sessions
SELECT md5('x' || i)::uuid, i * 29::bigint % 200000 + 1, ('10.' || i % 256 || '.' || i / 256 % 256 || '.' || i % 251)::inet, timestamptz '2024-01-01 00:00:00+00' + i * interval '30 seconds',
  decode(repeat(md5(i::text), 1 + i % 12), 'hex'), 'Mozilla/5.0 (X11; Linux x86_64) Browser/' || i % 60
FROM generate_series(1, 300000) i;
INSERT INTO reviews
SELECT i % 100000 + 1, i * 37::bigint % 200000 + 1, i % 5 + 1, repeat('It is fine, says ' || i || '. ', 1 + i % 12), ARRAY[i % 10, i % 20], timestamptz '2022-01-01 00:00:00+00' + i * interval '3 minutes'
FROM generate_series(1, 250000) i;

ALTER TABLE users ADD PRIMARY KEY (id);
ALTER TABLE users ADD UNIQUE (email);
CREATE INDEX ON users (lower(name));
CREATE INDEX ON users (created_at);
ALTER TABLE products ADD PRIMARY KEY (id);
ALTER TABLE products ADD UNIQUE (sku);
CREATE INDEX ON products USING gin (tags);
CREATE INDEX ON products (price) WHERE stock > 0;
ALTER TABLE orders ADD PRIMARY KEY (id);
CREATE INDEX ON orders (user_id, placed_at);
CREATE INDEX ON orders (state);
CREATE UNIQUE INDEX ON orders (reference);
ALTER TABLE order_lines ADD PRIMARY KEY (order_id, line);
CREATE INDEX ON order_lines (product_id);
CREATE INDEX ON order_lines (price);
ALTER TABLE events ADD PRIMARY KEY (id);
CREATE INDEX ON events (user_id, at);
CREATE INDEX ON events (kind, at);
CREATE INDEX ON events ((payload ->> 'referrer'));
CREATE INDEX ON measurements (sensor, at);
CREATE INDEX ON measurements (raw);
CREATE INDEX ON measurements USING brin (at);
ALTER TABLE documents ADD PRIMARY KEY (id);
CREATE INDEX ON documents (user_id);
CREATE INDEX ON documents (digest);
ALTER TABLE messages ADD PRIMARY KEY (id);
CREATE INDEX ON messages (sender);
CREATE INDEX ON messages (recipient, sent_at);
CREATE INDEX ON messages USING gin (labels);
ALTER TABLE invoices ADD PRIMARY KEY (id);
ALTER TABLE invoices ADD UNIQUE (number);
CREATE INDEX ON invoices (order_id);
ALTER TABLE shipments ADD PRIMARY KEY (id);
CREATE INDEX ON shipments (order_id);
CREATE UNIQUE INDEX ON shipments (tracking);
CREATE INDEX ON shipments (left_at) WHERE arrived_at IS NULL;
ALTER TABLE sessions ADD PRIMARY KEY (id);
CREATE INDEX ON sessions (user_id);
CREATE INDEX ON sessions (opened);
CREATE INDEX ON reviews (product_id);
CREATE INDEX ON reviews (user_id);
CREATE INDEX ON reviews (stars, written_at);

ALTER TABLE orders ADD FOREIGN KEY (user_id) REFERENCES users;
ALTER TABLE order_lines ADD FOREIGN KEY (order_id) REFERENCES orders;
ALTER TABLE order_lines ADD FOREIGN KEY (product_id) REFERENCES products;
ALTER TABLE events ADD FOREIGN KEY (user_id) REFERENCES users;
ALTER TABLE documents ADD FOREIGN KEY (user_id) REFERENCES users;
ALTER TABLE messages ADD FOREIGN KEY (sender) REFERENCES users;
ALTER TABLE messages ADD FOREIGN KEY (recipient) REFERENCES users;
ALTER TABLE invoices ADD FOREIGN KEY (order_id) REFERENCES orders;
ALTER TABLE shipments ADD FOREIGN KEY (order_id) REFERENCES orders;
ALTER TABLE sessions ADD FOREIGN KEY (user_id) REFERENCES users;
ALTER TABLE reviews ADD FOREIGN KEY (product_id) REFERENCES products;
ALTER TABLE reviews ADD FOREIGN KEY (user_id) REFERENCES users;
