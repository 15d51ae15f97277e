import type { Major } from '../kit/index.ts'

/** Columns of every kind of type, with values that are easy to get wrong; each `values` has one literal per row. */
export interface TypeSample {
  type: string
  values: string[]
  /** The first major that has the type, or these values. */
  since?: Major
}

export const SAMPLES: TypeSample[] = [
  { type: 'int2', values: ['-32768', '0', '32767'] },
  { type: 'int4', values: ['-2147483648', '0', '2147483647'] },
  { type: 'int8', values: ['-1', '4294967295', '-9223372036854775808', '0', '1', '4294967296'] },
  { type: 'bool', values: ['true', 'false'] },
  { type: 'oid', values: ['0', '4294967295'] },
  { type: 'float4', values: ['0', '-0', 'NaN', 'Infinity', '-Infinity', '1e-45', '0.1', '3.4028235e38'] },
  { type: 'float8', values: ['0', '-0', 'NaN', 'Infinity', '5e-324', '0.1', '1.7976931348623157e308'] },
  { type: 'numeric', values: ['0', '0.0', '1', '1.0', '1.00', '-1', 'NaN', '1e1000', '-1e-1000'] },
  { type: 'numeric', values: ['Infinity', '-Infinity'], since: 14 },
  { type: 'numeric(12,2)', values: ['0', '-0.01', '9999999999.99'] },
  { type: 'money', values: ['0', '-92233720368547758.08', '1234.56'] },
  { type: 'text', values: ['', ' ', 'NULL', 'ä€𝄞', 'a\\b', "o''brien", 'tab\tnew\nline'] },
  { type: 'varchar(20)', values: ['', 'a', 'a '] },
  { type: 'char(5)', values: ['', 'a', 'abcde'] },
  { type: 'bpchar', values: ['', 'a', 'a ', 'a  '] },
  { type: 'name', values: ['', 'abc'] },
  { type: '"char"', values: ['', 'a'] },
  { type: 'bytea', values: ['', '\\x00', '\\x0000', '\\xdeadbeef'] },
  { type: 'date', values: ['-infinity', 'infinity', '4713-01-01 BC', '2000-02-29'] },
  { type: 'time', values: ['00:00', '24:00', '12:34:56.789012'] },
  { type: 'timetz', values: ['00:00+00', '00:00+15:59:59', '12:00-03:30'] },
  { type: 'timestamp', values: ['-infinity', 'infinity', '4713-01-01 00:00:00 BC', '2000-01-01 00:00:00.000001'] },
  {
    type: 'timestamptz',
    values: ['-infinity', 'infinity', '1883-11-18 12:03:57 America/New_York', '1999-12-31 23:59:59.999999+05:45'],
  },
  { type: 'interval', values: ['1 mon', '30 days', '720 hours', '-1 year 2 mons', '0'] },
  { type: 'uuid', values: ['00000000-0000-0000-0000-000000000000', 'ffffffff-ffff-ffff-ffff-ffffffffffff'] },
  { type: 'json', values: ['{}', '{ }', '{"b":1,"a":1.0,"a":1.00}', 'null'] },
  { type: 'jsonb', values: ['{}', 'null', '{"b":1,"a":1.00}', '{"b":-1,"a":1.0}', '[1,[2,[3]],"ä€𝄞"]', '"\\u0001"'] },
  { type: 'xml', values: ['<a/>', '<a></a>', 'text <b>x</b>'] },
  { type: 'bit(3)', values: ['101', '000'] },
  { type: 'varbit', values: ['', '0', '00', '1'] },
  { type: 'inet', values: ['10.0.0.1', '10.0.0.1/8', '::1'] },
  { type: 'cidr', values: ['10.0.0.0/8', '::/0'] },
  { type: 'macaddr', values: ['08:00:2b:01:02:03'] },
  { type: 'macaddr8', values: ['08:00:2b:01:02:03:04:05'] },
  { type: 'point', values: ['(0,-0)', '(1e300,NaN)'] },
  { type: 'line', values: ['{1,2,3}'] },
  { type: 'lseg', values: ['[(0,0),(1,1)]'] },
  { type: 'box', values: ['(1,1),(0,0)'] },
  { type: 'path', values: ['((0,0),(1,1))', '[(0,0),(1,1)]'] },
  { type: 'polygon', values: ['((0,0),(1,1),(1,0))'] },
  { type: 'circle', values: ['<(0,0),1>'] },
  { type: 'tsvector', values: ['', "''a'':1A ''b'':2"] },
  { type: 'tsquery', values: ["''a'' & !''b''"] },
  { type: 'jsonpath', values: ['$.a[*] ? (@ > 1)'] },
  { type: 'pg_lsn', values: ['0/0', 'FFFFFFFF/FFFFFFFF', '0/FFFFFFFF'] },
  { type: 'txid_snapshot', values: ['10:20:10,14'] },
  { type: 'xid8', values: ['18446744073709551615'] },
  { type: 'regclass', values: ['pg_class', 'odd.all_types_parent'] },
  { type: 'regtype', values: ['int4', 'odd.mood'] },
  { type: 'regrole', values: ['postgres'] },
  { type: 'int4[]', values: ['{}', '{1,NULL}', '{{1,2},{3,4}}', '[0:1]={1,2}', '{1,2}'] },
  { type: 'int8[]', values: ['{-1}', '{4294967295}'] },
  { type: 'text[]', values: ['{}', '{""}', '{NULL}', '{"NULL"}', '{"a,b"}'] },
  { type: 'float8[]', values: ['{0}', '{-0}', '{NaN}', '{0.1}', '[2:2]={0.1}'] },
  { type: 'numeric[]', values: ['{1.0}', '{1.00}'] },
  { type: 'int4range', values: ['empty', '[1,2)', '(,)', '[1,)'] },
  { type: 'numrange', values: ['[1.0,2)', '[1.00,2)'] },
  { type: 'tstzrange', values: ['["2000-01-01 00:00+05:45",)'] },
  { type: 'int4multirange', values: ['{}', '{[1,2),[5,9)}'], since: 14 },
  { type: 'odd.mood', values: ['sad', 'happy'] },
  { type: 'odd.mood[]', values: ['{sad,happy}', '{}'] },
  { type: 'odd.pair', values: ['(1,)', '(1,"")', '(,)', '(1,"a,b")'] },
  { type: 'odd.nest', values: ['("(1,x)",-0,1.00)', '("(1,x)",0,1.0)', '("(,)",NaN,)'] },
  { type: 'odd.nest[]', values: ['{"(\\"(1,x)\\",0.1,1.0)"}'] },
  { type: 'odd.price', values: ['1.0', '1.00', 'NaN'] },
  { type: 'odd.price_again', values: ['1.0', '1.00'] },
  { type: 'odd.prices', values: ['{1.0}', '{1.00,2}'] },
  { type: 'odd.floatrange', values: ['[0,1.5]', '(-0,0.1)'] },
  { type: 'odd.hstore', values: ['', 'a=>1, bb=>NULL', 'a=>"NULL"'] },
  { type: 'odd.citext', values: ['Abc', 'abc'] },
  { type: 'odd.ltree', values: ['a.b.c', ''] },
  { type: 'text collate odd.ignoring_case', values: ['a', 'A'] },
]

const PRELUDE = `
create schema odd;
create extension hstore schema odd;
create extension citext schema odd;
create extension ltree schema odd;
create collation odd.ignoring_case (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
create type odd.mood as enum ('sad', 'ok', 'happy');
create type odd.pair as (a int, b text);
create type odd.nest as (p odd.pair, f float8, n numeric);
create domain odd.price as numeric check (value is null or value >= 0 or value <= 0 or value = 'NaN');
create domain odd.price_again as odd.price;
create domain odd.prices as numeric[];
create type odd.floatrange as range (subtype = float8);
create table odd.all_types_parent (id int);
`

/** SQL that makes the same tables on every major from `major` on: odd.all_types with every sample in a column of its own. */
export function allTypesSql(major: Major, { garbage = 'none' }: { garbage?: 'none' | 'types' } = {}): string {
  const samples = SAMPLES.filter(({ since = 13 }) => since <= major)
  const rows = Math.max(...samples.map(({ values }) => values.length))
  const columns = samples.map(({ type }, place) => `c${String(place)} ${type}`)
  const inserts = Array.from({ length: rows + 2 }, (_, row) => {
    const values = samples.map(({ type, values: all }) => {
      const value = row < rows ? all[row % all.length] : undefined
      return value === undefined ? 'null' : literal(value, type)
    })
    return `insert into odd.all_types values (${[String(row), ...values].join(', ')});`
  })
  // Uses up OIDs, so that those of the user's types differ between the servers.
  const noise = garbage === 'none' ? '' : 'create type public.noise as enum (); create table public.noise_table ();'
  return `${noise}${PRELUDE}
create table odd.all_types (id int primary key, ${columns.join(', ')});
${inserts.join('\n')}
create table odd.no_columns ();
insert into odd.no_columns select from generate_series(1, 3);
create table odd.parent (id int, t text);
create table odd.child (extra float8) inherits (odd.parent);
insert into odd.parent values (1, 'a'), (1, 'a'), (2, null);
insert into odd.child values (3, '', -0.0);
create table odd.parted (id int, v text) partition by range (id);
create table odd.parted_low partition of odd.parted for values from (0) to (10);
create table odd.parted_high partition of odd.parted for values from (10) to (20);
insert into odd.parted select i, 'v' || i from generate_series(0, 19) i;
create table odd.computed (a int, b int generated always as (a * 2) stored);
insert into odd.computed select i from generate_series(1, 5) i;
create table odd."Wide ""one""" (id int primary key, "Col ""x""" text, big text);
insert into odd."Wide ""one""" select i, i::text, repeat(md5(i::text), 500) from generate_series(1, 20) i;
`
}

/** Samples are written as they stand between quotes in SQL. */
function literal(value: string, type: string): string {
  const text = value.includes('\t') || value.includes('\n') ? `E'${value.replaceAll('\\', '\\\\')}'` : `'${value}'`
  return `${text}::${type.replace(/ collate .*/, '')}`
}
