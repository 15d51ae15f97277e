import { expect, test } from 'vitest'
import type { Event } from '../../../src/index.ts'
import { databaseNamed, freshDatabase, freshRole, server } from '../../kit/index.ts'
import { hasRecord, restoreText, rowsOf } from './support.ts'

test('errors do not end the run, and what follows from one stands under it', async () => {
  await using target = await freshDatabase(await server(17))
  const report = await restoreText(
    `CREATE TABLE public.good (x int);
CREATE TABLE public.bad (x nothing);
COPY public.bad (x) FROM stdin;
1
\\.
CREATE VIEW public.v AS SELECT * FROM public.bad;
CREATE VIEW public.w AS SELECT * FROM public.v;
COPY public.good (x) FROM stdin;
1
2
\\.
COPY public.good (x) FROM stdin;
1
x
\\.
SELECT 1/0;
SELECT 2/0;
`,
    target.url,
  )
  expect(report).toMatchObject({ outcome: 'errors', rows: 2, counts: { error: 7, expected: 0, 'left-out': 0 } })
  expect(report.errors).toMatchObject([
    {
      line: 2,
      statement: 'CREATE TABLE public.bad',
      sqlstate: '42704',
      followers: [
        { line: 3, statement: 'COPY public.bad' },
        { line: 6, statement: 'CREATE VIEW public.v', sqlstate: '42P01' },
        { line: 7, statement: 'CREATE VIEW public.w', sqlstate: '42P01' },
      ],
    },
    { line: 12, statement: 'COPY public.good', sqlstate: '22P02', followers: [] },
    { line: 16, lastLine: 17, times: 2, sqlstate: '22012' },
  ])
  expect(await target.query('select x from good order by x')).toEqual([{ x: 1 }, { x: 2 }])
  expect(await hasRecord(target.url)).toBe(false)
})

test('what was there before keeps its rows, owner and rights, though the script has a table of its name', async () => {
  const young = await server(17)
  await using role = await freshRole(young)
  await using target = await freshDatabase(young)
  await target.query('create table t (x int); insert into t values (1)')
  const report = await restoreText(
    `CREATE TABLE public.t (x int);
ALTER TABLE public.t OWNER TO ${role.name};
COPY public.t FROM stdin;
2
\\.
INSERT INTO public.t VALUES (3);
GRANT ALL ON TABLE public.t TO ${role.name};
CREATE TABLE public.u (x int);
`,
    target.url,
  )
  expect(report.errors).toMatchObject([
    {
      statement: 'CREATE TABLE public.t',
      sqlstate: '42P07',
      followers: [{ line: 2 }, { line: 3 }, { line: 6 }, { line: 7 }],
    },
  ])
  expect(await rowsOf(target.url)).toMatchObject({
    'public.t': expect.stringMatching(/^1 /),
    'public.u': expect.any(String),
  })
  expect(await target.query(`select tableowner from pg_tables where tablename = 't'`)).toEqual([
    { tableowner: 'postgres' },
  ])
})

test('a run that is to stop at the first error stops there, and goes on there when the cause is mended', async () => {
  await using target = await freshDatabase(await server(17))
  const script = `CREATE TABLE public.a (x int);
SET search_path = public;
INSERT INTO a VALUES (1);
INSERT INTO missing VALUES (2);
INSERT INTO a VALUES (3);
`
  const first = await restoreText(script, target.url, { onError: 'stop' })
  expect(first).toMatchObject({ outcome: 'stopped', errors: [{ line: 4, sqlstate: '42P01' }] })
  expect(await hasRecord(target.url)).toBe(true)
  await target.query('create table missing (x int)')
  const second = await restoreText(script, target.url, { onError: 'stop' })
  expect(second).toMatchObject({ outcome: 'restored', errors: [], resumedAt: expect.any(Number) })
  expect(await target.query('select x from a union all select x from missing order by x')).toEqual(
    [1, 2, 3].map((x) => ({ x })),
  )
  expect(await hasRecord(target.url)).toBe(false)
})

test('another script is not mixed with one that was not run to its end', async () => {
  await using target = await freshDatabase(await server(17))
  await restoreText('CREATE TABLE t (x nothing);', target.url, { onError: 'stop' })
  await expect(restoreText('CREATE TABLE u (x int);', target.url)).rejects.toMatchObject({ code: 'script.other' })
})

test("the script's own transactions are kept as they are, and one that fails leaves nothing", async () => {
  await using target = await freshDatabase(await server(17))
  const report = await restoreText(
    `CREATE TABLE t (x int PRIMARY KEY DEFERRABLE INITIALLY DEFERRED);
BEGIN;
INSERT INTO t VALUES (1);
SET search_path = pg_catalog;
SELECT lo_create(4711);
COMMIT;
INSERT INTO public.t VALUES (2);
START TRANSACTION;
SET search_path = nowhere;
INSERT INTO public.t VALUES (3);
INSERT INTO public.t VALUES ('x');
INSERT INTO public.t VALUES (4);
COPY public.t FROM stdin;
5
\\.
COMMIT;
BEGIN;
INSERT INTO public.t VALUES (6);
ROLLBACK;
INSERT INTO public.t VALUES (1);
CREATE TABLE public.u AS SELECT current_setting('search_path');
VACUUM public.t;
BEGIN;
INSERT INTO public.t VALUES (2);
COMMIT;
`,
    target.url,
  )
  expect(report.errors).toMatchObject([
    { line: 11, sqlstate: '22P02' },
    { line: 20, sqlstate: '23505', statement: 'INSERT INTO public.t' },
    { line: 25, sqlstate: '23505', statement: 'COMMIT' },
  ])
  expect(await target.query('select x from t order by x')).toEqual([{ x: 1 }, { x: 2 }])
  expect(await target.query('select * from u')).toEqual([{ current_setting: 'pg_catalog' }])
  expect(await target.query('select oid::int as oid from pg_largeobject_metadata')).toEqual([{ oid: 4711 }])
})

test('databases that the script makes and connects to are filled, each with a session of its own', async () => {
  const young = await server(17)
  await using target = await freshDatabase(young)
  await using one = databaseNamed(young, 'script_one')
  await using two = databaseNamed(young, "script 'two'")
  const report = await restoreText(
    `SET search_path = pg_catalog;
CREATE DATABASE script_one TEMPLATE template0;
CREATE DATABASE "script 'two'" TEMPLATE template0;
\\connect script_one
CREATE TABLE t (x int);
COPY t FROM stdin;
1
\\.
BEGIN;
INSERT INTO t VALUES (2);
COMMIT;
SET ROLE pg_read_all_data;
SELECT count(*) FROM t;
\\connect -reuse-previous=on "dbname='script \\'two\\''"
CREATE TABLE t (x text);
INSERT INTO t VALUES ('two');
\\connect nowhere
CREATE TABLE t (x text);
COPY t FROM stdin;
1
\\.
\\c ${target.name};
CREATE TABLE public.home (x int);
`,
    target.url,
  )
  expect(report.databases).toEqual([target.name, one.name, two.name])
  expect(report.errors).toMatchObject([
    {
      line: 17,
      statement: '\\connect nowhere',
      followers: [{ line: 18, statement: 'the statements of this database' }],
    },
  ])
  expect(await one.query('select x from t order by x')).toEqual([{ x: 1 }, { x: 2 }])
  expect(await two.query('select x from t')).toEqual([{ x: 'two' }])
  expect(await target.query('select from home')).toEqual([])
  expect(await hasRecord(one.url)).toBe(false)
})

test('a database that is there already is filled where it is empty, and left alone where it is not', async () => {
  const young = await server(17)
  await using target = await freshDatabase(young)
  await using empty = await freshDatabase(young)
  await using used = await freshDatabase(young)
  await used.query('create table mine (x int)')
  const report = await restoreText(
    `CREATE DATABASE ${empty.name};
CREATE DATABASE ${used.name};
\\connect ${empty.name}
CREATE TABLE t (x int);
\\connect ${used.name}
CREATE TABLE t (x int);
`,
    target.url,
  )
  expect(report.expected).toMatchObject([{ line: 1, sqlstate: '42P04' }])
  expect(report.errors).toMatchObject([{ line: 2, sqlstate: '42P04', followers: [{ line: 5 }, { line: 6 }] }])
  expect(Object.keys(await rowsOf(empty.url))).toEqual(['public.t'])
  expect(Object.keys(await rowsOf(used.url))).toEqual(['public.mine'])
})

test('a script in LATIN1 and with old strings arrives as it was meant', async () => {
  await using target = await freshDatabase(await server(16))
  const script = Buffer.from(
    `SET client_encoding = 'LATIN1';
SET standard_conforming_strings = off;
SET escape_string_warning = off;
CREATE TABLE "müde" (x text);
INSERT INTO "müde" VALUES ('it\\'s; é');
SET standard_conforming_strings = on;
COPY "müde" FROM stdin;
ü
\\.
INSERT INTO "nö" VALUES (1);
`,
    'latin1',
  )
  const report = await restoreText(script, target.url)
  expect(await target.query('select x from "müde" order by x')).toEqual([{ x: "it's; é" }, { x: 'ü' }])
  expect(report.errors).toMatchObject([{ line: 10, statement: 'INSERT INTO nö' }])
})

test('warnings of the server are told, and progress reaches the last byte', async () => {
  await using target = await freshDatabase(await server(17))
  const events: Event[] = []
  const report = await restoreText(`CREATE TABLE t (x int);\nCOPY t FROM stdin;\n1\n2\n\\.\nCOMMIT;\n`, target.url, {
    onEvent: (event) => events.push(event),
  })
  expect(report).toMatchObject({ outcome: 'restored', warnings: [{ line: 6, sqlstate: '25P01' }] })
  const plan = events.find((event) => event.type === 'plan')
  const done = events.filter((event) => event.type === 'step-done')
  expect(plan).toMatchObject({ steps: 3, tables: 1, bytes: report.script.bytes })
  expect(done.map(({ step, rows }) => [step.label, rows])).toEqual([
    ['statements', 0],
    ['copy t', 2],
    ['statements', 0],
  ])
  expect(done.reduce((sum, { bytes }) => sum + bytes, 0)).toBe(report.script.bytes)
  expect(events.at(-1)).toMatchObject({ type: 'finished', verdict: 'SKIPPED', failures: 0 })
})

test('the database is made where that is asked for', async () => {
  const young = await server(17)
  await using target = databaseNamed(young, 'script_made')
  await expect(restoreText('select 1;', target.url)).rejects.toMatchObject({ code: 'connect.no-database' })
  expect(await restoreText('CREATE TABLE t (x int);', target.url, { create: 'create' })).toMatchObject({
    outcome: 'restored',
  })
  expect(Object.keys(await rowsOf(target.url))).toEqual(['public.t'])
})
