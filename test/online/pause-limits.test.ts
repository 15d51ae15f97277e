import { afterAll, beforeAll, expect, test } from 'vitest'
import { abort, onlineStatus, online, start, switchTo } from '../../src/online/index.ts'
import { freshDatabase, startServer, type OwnServer } from '../kit/index.ts'
import { until } from './pair.ts'
import { startAndKill } from './start-process.ts'

let old: OwnServer
let young: OwnServer
beforeAll(async () => {
  old = await startServer({ major: 14 })
  // So few locks that a transaction cannot remove all of the large objects below.
  const settings = { max_connections: '20', wal_retrieve_retry_interval: '200ms' }
  young = await startServer({ major: 17, settings })
}, 120_000)
afterAll(async () => {
  await old[Symbol.asyncDispose]()
  await young[Symbol.asyncDispose]()
})

const isCopied = (name: string) => (event: { type: string; step?: { kind: string; table?: string } }) =>
  event.type === 'step-done' && event.step?.kind === 'copy' && event.step.table === name

async function pair(schema: string) {
  const source = await freshDatabase(old)
  const target = await freshDatabase(young)
  await source.query(schema)
  return { source, target, ends: { source: source.url, target: target.url } }
}

test(
  'more large objects than a transaction can lock are replaced, and refused where the pause would be too short',
  { timeout: 240_000 },
  async () => {
    const { source, target, ends } = await pair(`select lo_from_bytea(0, 'x') from generate_series(1, 6000)`)
    const plan = await online.plan(ends)
    expect(plan.others).toContainEqual({
      what: 'large objects',
      rule: expect.stringMatching(/^6,000 large objects of .*: copied anew .*, in about /u),
    })
    await start(ends)
    await expect(
      target.query(`begin read write; select count(lo_unlink(oid)) from pg_largeobject_metadata`),
    ).rejects.toMatchObject({ code: '53200' })
    await source.query('select lo_create(0)')
    await expect(switchTo('target', { ...ends, maxPauseMs: 500 })).rejects.toMatchObject({
      code: 'online.large-objects',
      message: expect.stringContaining('6,001 large objects'),
    })
    await switchTo('target', ends)
    expect(await target.query('select count(*)::int as n from pg_largeobject_metadata')).toEqual([{ n: 6001 }])
    await online.finish(ends)
  },
)

test(
  'a table that cannot be published and refers to a published one would stop the stream',
  { timeout: 240_000 },
  async () => {
    const { source, ends } = await pair(`create table item (id int primary key); insert into item values (1);
    create unlogged table cache (item int references item); create table heap (item int references item)`)
    await expect(start(ends)).rejects.toMatchObject({
      code: 'online.not-ready',
      message: expect.stringMatching(
        /this is in the way:\n {2}truncate {2}foreign key cache_item_fkey of public\.cache: /u,
      ),
    })
    // What it is refused for.
    await start({ ...ends, skipChecks: ['truncate'] })
    await source.query('truncate item cascade')
    await until(
      () => onlineStatus(ends),
      (report) => report.state === 'under way' && (report.stream.apply.errors ?? 0) > 0,
    )
    await abort(ends)
  },
)

test(
  'after a crash foreign keys to tables that are copied in the pause find the rows that they need',
  { timeout: 240_000 },
  async () => {
    const { source, target, ends } = await pair(`
      create table parent (code text unique);
      create table child (id int primary key, code text references parent (code), v text);
      insert into parent select 'p' || i from generate_series(1, 100) i;
      insert into child select i, 'p' || i % 100 + 1, repeat('x', 500) from generate_series(1, 20000) i`)
    const keys = 'select conname, convalidated from pg_constraint where contype = $1'
    const kills = [(event: { type: string }) => event.type === 'plan', isCopied('public.child')]
    for (const when of kills) {
      const { killed, stderr } = await startAndKill({ ...ends, jobs: 1 }, when)
      expect(killed, stderr).toBe(true)
      await source.query(`insert into parent values (gen_random_uuid())`)
      await source.query(`insert into child select max(id) + 1, (select max(code) from parent), 'new' from child`)
      await source.query(`delete from child where code = (select min(code) from parent where code like 'p%')`)
      await source.query(`delete from parent where code = (select min(code) from parent where code like 'p%')`)
      await start(ends)
      expect(await target.query(keys, ['f'])).toEqual([{ conname: 'child_code_fkey', convalidated: true }])
      if (when === kills.at(-1)) break
      await abort(ends)
      await target.query('drop table child')
      await target.query('drop table parent')
    }
    await switchTo('target', ends)
    const rows = `select (select count(*)::int from parent) as parents, (select count(*)::int from child) as children`
    expect(await target.query(rows)).toEqual(await source.query(rows))
    await online.finish(ends)
  },
)
