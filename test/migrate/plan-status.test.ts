import { afterAll, beforeAll, expect, test } from 'vitest'
import { migrate, plan, resume, status } from '../../src/index.ts'
import { type FreshDatabase, type Server, freshDatabase, server } from '../kit/index.ts'
import { expectWhole, fingerprint, expectRefusal, run } from './support.ts'

let young: Server
let source: FreshDatabase
beforeAll(async () => {
  const old = await server(14)
  young = await server(17)
  source = await freshDatabase(old)
  await run(
    source.url,
    `create table big (id int primary key, note text); insert into big select i, repeat(md5(i::text), 10) from generate_series(1, 20000) i;
     create table small (id int primary key, big int references big); insert into small values (1, 1); create index on big (note); analyze`,
  )
})
afterAll(() => source[Symbol.asyncDispose]())

test('plan tells tables, steps, sizes and a time, and changes nothing on either side', async () => {
  await using target = await freshDatabase(young)
  const before = [await fingerprint(source.url), await fingerprint(target.url)]
  const report = await plan({ source: source.url, target: target.url, exclude: ['small'] })
  expect(report.tables).toEqual([
    { table: 'public.big', bytes: report.bytes, rows: 20_000, parts: 1, format: 'binary' },
  ])
  expect(report.bytes).toBeGreaterThan(20_000 * 320)
  expect(report.estimateMs).toBeGreaterThan(0)
  expect(report.steps.map(({ label }) => label)).toEqual(
    expect.arrayContaining([
      'TABLE public.big',
      'copy public.big',
      'index big_note_idx on public.big',
      'analyze public.big',
    ]),
  )
  const ids = new Set(report.steps.map(({ id }) => id))
  expect(report.steps.flatMap(({ dependsOn }) => dependsOn).filter((id) => !ids.has(id))).toEqual([])
  expect([await fingerprint(source.url), await fingerprint(target.url)]).toEqual(before)
  await expectRefusal(status({ target: target.url }), 'status.nothing', 'usage')
})

test('plan says the same of a target that is not empty, and leaves it alone', async () => {
  await using target = await freshDatabase(young)
  await run(target.url, 'create table small (id int)')
  const before = await fingerprint(target.url)
  const report = await plan({ source: source.url, target: target.url })
  expect(report.tables.map(({ table }) => table)).toEqual(['public.big', 'public.small'])
  expect(await fingerprint(target.url)).toBe(before)
})

test('plan counts the tables whose rows are compared in the end, those that are empty, too', async () => {
  await using parted = await freshDatabase(await server(14))
  await run(
    parted.url,
    `create table p (x int) partition by list (x); create table p1 partition of p for values in (1);
     create table p2 partition of p for values in (2); insert into p values (1); create table empty (x int);
     create materialized view v as select 1; create view w as select 1`,
  )
  await using target = await freshDatabase(young)
  const planned = await plan({ source: parted.url, target: target.url })
  expect(planned.tables.map(({ table, parts, rows }) => [table, parts, rows])).toEqual([
    ['public.p1', 1, undefined],
    ['public.empty', 0, 0],
    ['public.p2', 0, 0],
  ])
  const report = await migrate({ source: parted.url, target: target.url })
  expectWhole(report)
  expect(report.tables.map(({ table }) => table).toSorted()).toEqual(
    planned.tables.map(({ table }) => table).toSorted(),
  )
})

test('status tells of a run with failures, and of none after resume has finished it', async () => {
  await using target = await freshDatabase(young)
  await run(target.url, 'create table small (mine int); insert into small values (5)')
  await migrate({ source: source.url, target: target.url, nonEmptyTarget: 'add' })
  const before = await fingerprint(target.url)
  const broken = await status({ target: target.url })
  expect(await fingerprint(target.url)).toBe(before)
  expect(broken).toMatchObject({
    state: 'broken',
    failures: [{ label: 'TABLE public.small', sqlstate: '42P07' }],
    steps: { failed: 1, blocked: broken.blocked.length },
  })
  expect(broken.steps.done + broken.steps.left).toBe(broken.steps.total)
  expect(broken.steps.left).toBe(1 + broken.blocked.length)
  expect(broken.blocked.every(({ by }) => by === 'TABLE public.small')).toBe(true)
  expect(broken.target.database).toBe(target.name)
  expect(broken.bytes.done).toBeGreaterThan(0)

  await run(target.url, 'drop table small')
  expectWhole(await resume({ target: target.url, source: source.url }))
  expect(await target.query('select * from small')).toEqual([{ id: 1, big: 1 }])
  await expectRefusal(status({ target: target.url }), 'status.nothing', 'usage')
})
