import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { readTables } from '../../src/catalog/index.ts'
import type { Session } from '../../src/connection/index.ts'
import { copyPart } from '../../src/copy/index.ts'
import { pair, withPair } from '../catalog/sessions.ts'
import type { Major } from '../kit/index.ts'

const TYPES = `
  CREATE TYPE mood AS ENUM ('sad', 'it''s "fine"', 'très', '');
  CREATE DOMAIN positive AS numeric(20, 5) CHECK (value > 0);
  CREATE DOMAIN tiny AS positive CHECK (value < 1);
  CREATE DOMAIN feeling AS mood;
  CREATE DOMAIN words AS text[];
  CREATE TYPE pair AS (a int, b text);
  CREATE TYPE spans AS RANGE (subtype = float8);
`

/** Type of a column, whether it may travel in binary, and values that have been trouble to somebody. */
const COLUMNS: [type: string, binary: 'binary' | 'text', ...values: string[]][] = [
  ['bool', 'binary', 'true', 'false'],
  ['int2', 'binary', '-32768', '32767'],
  ['int4', 'binary', '-2147483648', '2147483647'],
  ['int8', 'binary', '-9223372036854775808', '9223372036854775807'],
  ['float4', 'binary', `'NaN'`, `'-Infinity'`, `'-0'`, '1e-45', '3.4028235e38', '0.1'],
  ['float8', 'binary', `'NaN'`, `'Infinity'`, `'-0'`, '5e-324', '1.7976931348623157e308', '0.1', '1.0/3'],
  ['numeric', 'binary', `'NaN'`, '0', '-0.000', '1e-20', `repeat('9', 500)::numeric`, '12345.67890000'],
  ['numeric(10,3)', 'binary', '1.5', '-9999999.999'],
  ['money', 'binary', '-1234.56', '92233720368547758.07'],
  ['oid', 'binary', '4294967295', '0'],
  ['xid', 'binary', `'4294967295'`],
  ['xid8', 'binary', `'18446744073709551615'`],
  ['pg_lsn', 'binary', `'FFFFFFFF/FFFFFFFF'`],
  ['date', 'binary', `'infinity'`, `'-infinity'`, `'4714-11-24 BC'`, `'5874897-12-31'`, `'2024-02-29'`],
  ['time', 'binary', `'24:00:00'`, `'00:00:00.000001'`],
  ['time(2)', 'binary', `'12:34:56.78'`],
  ['timetz', 'binary', `'12:34:56.789+15:59'`, `'24:00:00-15:59:59'`],
  ['timestamp', 'binary', `'infinity'`, `'4714-11-24 00:00:00 BC'`, `'294276-12-31 23:59:59.999999'`],
  ['timestamptz', 'binary', `'-infinity'`, `'0044-03-15 12:00:00+00 BC'`, `'2024-03-31 02:30:00 Europe/Berlin'`],
  ['timestamptz(0)', 'binary', `'2024-01-01 00:00:00.4+00'`],
  ['interval', 'binary', `'-178000000 years'`, `'1 mon -1 day 00:00:00.000001'`, `'-25:59:59'`],
  ['interval day to second', 'binary', `'3 days 04:05:06'`],
  ['uuid', 'binary', `'00000000-0000-0000-0000-000000000000'`, `'ffffffff-ffff-ffff-ffff-ffffffffffff'`],
  ['bytea', 'binary', `''`, `'\\x00ff5c0a09'`, `decode(repeat('00ff', 5000), 'hex')`],
  [
    'text',
    'binary',
    `''`,
    `'\\N'`,
    `'NULL'`,
    `E'a\\nb\\rc\\td\\\\e'`,
    `'\\.'`,
    `repeat('日本語 🐘', 3000)`,
    `E'\\x7f\\x01'`,
  ],
  ['varchar(5)', 'binary', `'äöüß€'`, `''`],
  ['char(5)', 'binary', `'a'`, `''`, `'  b'`],
  ['"char"', 'binary', `'x'`, `''`],
  ['name', 'binary', `'a name'`, `''`],
  ['json', 'binary', `'{"a" : 1,  "a":2}'`, `'null'`, `'"\\u00e9\\n"'`],
  ['jsonb', 'binary', `'{"b": 1.50, "a": [1e400, null, "\\u2028\\"\\\\"]}'`, `'[]'`, `'"\\n"'`],
  ['jsonpath', 'binary', `'$.a[*] ? (@ > 1.5 && @.b like_regex "x" flag "i")'`],
  ['bit(9)', 'binary', `B'101010101'`],
  ['varbit', 'binary', `B''`, `B'1'`, `B'0000000000000001'`],
  ['inet', 'binary', `'192.168.1.5/24'`, `'::ffff:1.2.3.4/128'`, `'fe80::1/10'`],
  ['cidr', 'binary', `'10.0.0.0/8'`, `'::/0'`],
  ['macaddr', 'binary', `'08:00:2b:01:02:03'`],
  ['macaddr8', 'binary', `'08:00:2b:01:02:03:04:05'`],
  ['point', 'binary', `'(NaN,-Infinity)'`, `'(0.1,-0)'`],
  ['line', 'binary', `'{1,-2.5,1e300}'`],
  ['lseg', 'binary', `'[(0,0),(1,1)]'`],
  ['box', 'binary', `'(2,2),(0,0)'`],
  ['path', 'binary', `'[(0,0),(1,1),(2,0)]'`, `'((0,0),(1,1))'`],
  ['polygon', 'binary', `'((0,0),(1,1),(2,0))'`],
  ['circle', 'binary', `'<(0.5,0.5),0>'`],
  ['tsvector', 'binary', `'''a b'':1A,2B,16383 fat:3'`, `''`],
  ['tsquery', 'text', `'!fat <3> (rat:*AB | ''it''''s'')'`, `''`],
  ['int4range', 'binary', `'empty'`, `'(,5]'`, `'[1,)'`, `'(,)'`],
  ['numrange', 'binary', `'(1.50,2.500]'`],
  ['tstzrange', 'binary', `'[2024-01-01,infinity]'`, `'(-infinity,)'`],
  ['int4[]', 'binary', `'{}'`, `'{1,NULL,3}'`, `'[-1:1][5:6]={{1,2},{3,4},{5,6}}'`],
  ['text[]', 'binary', `'{"",NULL,"NULL","a,b","\\"q\\"","\\\\","{x}"}'`, `array[E'x\\ny']`],
  ['timestamptz[]', 'binary', `'{infinity,"2024-01-01 00:00:00+00"}'`],
  ['numeric(6,2)[]', 'binary', `'{1.50,NaN}'`],
  ['jsonb[]', 'binary', `array['{"a": "b,c"}'::jsonb, 'null']`],
  ['uuid[]', 'binary', `'{{00000000-0000-0000-0000-000000000001}}'`],
  ['int4range[]', 'binary', `'{"[1,2)",empty}'`],
  ['mood', 'binary', `'sad'`, `'it''s "fine"'`, `'très'`, `''`],
  ['positive', 'binary', '0.00001'],
  ['tiny', 'binary', '0.00001'],
  ['feeling', 'binary', `'sad'`],
  ['words', 'binary', `'{a,NULL,"b c"}'`],
  ['spans', 'binary', `'[0.1,Infinity)'`, `'empty'`],
  ['mood[]', 'text', `'{sad,très,NULL}'`],
  ['pair', 'text', `row(1, E'x,")\\n')::pair`, 'row(NULL, NULL)::pair'],
  ['pair[]', 'text', `array[row(1, 'y')::pair]`],
  ['spans[]', 'text', `'{"[1,2)"}'`],
  ['positive[]', 'text', `'{1.00000}'`],
  // What array_agg makes of the columns of information_schema, whose domains have other OIDs in each major.
  ['information_schema.sql_identifier[]', 'text', `'{a,NULL,"b c"}'`],
  ['xml', 'text', `'<?xml version="1.0" encoding="LATIN1"?><a>é</a>'`, `'a<b/>c'`],
  ['regclass', 'text', `'pg_class'::regclass`, '0::oid::regclass'],
  ['regtype', 'text', `'mood'::regtype`],
  ['regproc', 'text', `'now'::regproc`],
  ['oidvector', 'text', `'1 2 3'`],
  ['int2vector', 'text', `'1 -2'`],
  ['txid_snapshot', 'text', `'10:20:10,14'`],
  ['tid', 'text', `'(4294967295,65535)'`],
]

const NEW_IN_14: typeof COLUMNS = [
  ['int8multirange', 'binary', `'{}'`, `'{[1,3),[5,)}'`],
  ['numeric(5,1)', 'binary', `'NaN'`],
  ['int4multirange[]', 'binary', `'{"{[1,3)}"}'`],
  ['numeric[]', 'binary', `'{Infinity,-Infinity}'`],
]

describe.each<[Major, Major]>([
  [13, 18],
  [14, 17],
])('from %i to %i', (from, to) => {
  const columns = from < 14 ? COLUMNS : [...COLUMNS, ...NEW_IN_14]
  const fixture = pair(from, to)
  let safe: boolean[]

  beforeAll(async () => {
    const { source, target } = await fixture.open()
    const tables = columns.map(
      ([type, , first], t) =>
        `CREATE TABLE public.t${String(t)} (n int, v ${type}, w ${type} NOT NULL DEFAULT ${first ?? 'NULL'})`,
    )
    for (const session of [source, target]) {
      await session.script(`SET search_path = public; ${TYPES} ${tables.join(';')}; SET search_path = ''`)
    }
    const inserts = columns.flatMap(([, , ...values], t) =>
      ['NULL', ...values].map((value, n) => `INSERT INTO t${String(t)} (n, v) VALUES (${String(n)}, ${value})`),
    )
    await source.script(`SET search_path = public; ${inserts.join(';')}; SET search_path = ''`)
    const facts = await readTables(source)
    safe = columns.map((_, t) => facts.find(({ name }) => name === `t${String(t)}`)?.columns[1]?.binarySafe ?? false)
  })
  afterAll(() => fixture.close())

  test.for(columns.map(([type, form, ...values], t) => ({ type, form, rows: values.length + 1, t })))(
    '$type arrives as it was; it may travel as $form',
    async ({ form, rows, t }) => {
      const { source, target } = await fixture.open()
      expect(safe[t]).toBe(form === 'binary')
      const name = `t${String(t)}`
      for (const format of form === 'binary' ? (['binary', 'text'] as const) : (['text'] as const)) {
        await target.script('BEGIN')
        const columns = ['n', 'v', 'w']
        const part = { by: 'all' } as const
        const moved = await copyPart(source, target, { schema: 'public', name, columns, format, mode: 'whole', part })
        await target.script('COMMIT')
        expect(moved.rows).toBe(rows)
        expect(await rowsOf(target, name)).toEqual(await rowsOf(source, name))
      }
    },
  )
})

test('an infinite interval travels as text, which a server that knows none refuses: its binary form it takes, and cannot read', () =>
  withPair(17, 14, async ({ source, target }) => {
    for (const session of [source, target]) await session.script('CREATE TABLE public.t (i interval)')
    await source.script(`INSERT INTO public.t VALUES ('infinity')`)
    const [facts] = await readTables(source)
    expect(facts?.columns[0]?.binarySafe).toBe(false)
    const copy = (format: 'text' | 'binary') =>
      copyPart(source, target, {
        schema: 'public',
        name: 't',
        columns: ['i'],
        format,
        mode: 'append',
        part: { by: 'all' },
      })
    await expect(copy('text')).rejects.toThrow('infinity')
    expect(await copy('binary')).toMatchObject({ rows: 1 })
    await expect(target.query('SELECT i FROM public.t')).rejects.toThrow('interval out of range')
  }))

/** By the types' output functions, as every client sees them: a cast of xml to text shows what is stored instead. */
function rowsOf(session: Session, name: string): Promise<object[]> {
  return session.query(
    `SELECT n, format('%s', v) AS v, v IS NULL AS is_null, format('%s', w) AS w FROM public.${name} ORDER BY n`,
  )
}
