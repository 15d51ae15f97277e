import { afterAll, beforeAll, expect, test } from 'vitest'
import { online, start, switchTo, syncSchema } from '../../src/online/index.ts'
import { freshDatabase, startServer, type OwnServer } from '../kit/index.ts'
import { write } from './pair.ts'
import { until } from './until.ts'

let one: OwnServer
let two: OwnServer
beforeAll(async () => {
  const settings = { wal_retrieve_retry_interval: '200ms' }
  one = await startServer({ major: 18, settings })
  two = await startServer({ major: 18, settings })
}, 120_000)
afterAll(async () => {
  await one[Symbol.asyncDispose]()
  await two[Symbol.asyncDispose]()
})

async function pair(schema: string) {
  const source = await freshDatabase(one)
  const target = await freshDatabase(two)
  await source.query(schema)
  return { source, target, ends: { source: source.url, target: target.url } }
}

test(
  'from 18 to 18 each side computes generated columns, stored and virtual, and either finds its rows',
  { timeout: 240_000 },
  async () => {
    const { source, target, ends } = await pair(`
    create table both_kinds (id int primary key, x int, s int generated always as (x * 2) stored, v int generated always as (x * 3) virtual);
    create table by_generated (x int, id int generated always as (x * 2) stored primary key);
    create table whole (x int, s int generated always as (x * 2) stored);
    alter table whole replica identity full;
    insert into both_kinds (id, x) values (1, 1), (2, 2);
    insert into by_generated values (1), (2);
    insert into whole values (1), (2)`)
    const plan = await online.plan(ends)
    expect(plan.tables.map(({ table, rule }) => `${table} ${rule}`)).toEqual([
      'public.both_kinds streamed',
      'public.by_generated paused',
      'public.whole paused',
    ])
    await start(ends)
    // None of it is refused on the source, which an 18 does where it publishes what it cannot identify.
    await source.query(`update both_kinds set x = 5 where id = 1; delete from both_kinds where id = 2;
    update by_generated set x = 7 where x = 1; delete from by_generated where x = 2; update whole set x = 8 where x = 1; delete from whole where x = 2`)
    await until(async () =>
      expect(await target.query('select * from both_kinds')).toEqual([{ id: 1, x: 5, s: 10, v: 15 }]),
    )
    await switchTo('target', ends)
    await target.query('update both_kinds set x = 6; update by_generated set x = 9; update whole set x = 10')
    await switchTo('source', ends)
    expect(await source.query('select b.*, g.id as g, w.s as w from both_kinds b, by_generated g, whole w')).toEqual([
      { id: 1, x: 6, s: 12, v: 18, g: 18, w: 20 },
    ])
    await online.abort(ends)
  },
)

test('DDL is brought over in whichever direction the stream runs', { timeout: 240_000 }, async () => {
  const { source, target, ends } = await pair('create table item (id int primary key); insert into item values (1)')
  await start(ends)
  await switchTo('target', ends)
  await target.query(`alter table item add column note text default 'n';
    create table log (id int primary key, v text); insert into log values (1, 'first'); insert into item values (2, 'two')`)
  await expect(switchTo('source', ends)).rejects.toMatchObject({ code: 'online.drift', party: 'target' })
  const back = await syncSchema({ ...ends, mode: 'apply' })
  expect(back).toMatchObject({ outcome: 'in step', byHand: [] })
  await target.query(`insert into log values (2, 'second')`)
  await switchTo('source', ends)
  const rows = `select (select json_agg(i order by id) from item i) as items, (select json_agg(l order by id) from log l) as logs`
  expect(await source.query(rows)).toEqual([
    {
      items: [
        { id: 1, note: 'n' },
        { id: 2, note: 'two' },
      ],
      logs: [
        { id: 1, v: 'first' },
        { id: 2, v: 'second' },
      ],
    },
  ])
  // And once more the way of the start.
  await source.query(`create table late (id int primary key); insert into late values (1)`)
  expect(await syncSchema({ ...ends, mode: 'apply' })).toMatchObject({ outcome: 'in step' })
  await source.query('insert into late values (2)')
  await switchTo('target', ends)
  expect(await target.query('select count(*)::int as n from late')).toEqual([{ n: 2 }])
  await write(target, 'insert into late values (3)')
  await online.finish(ends)
})
