import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { migrate, resume, status } from '../../../src/index.ts'
import {
  type FreshDatabase,
  type OwnServer,
  connectClient,
  freshDatabase,
  freshRole,
  startServer,
} from '../../kit/index.ts'
import { contentOf } from '../../matrix/content.ts'
import { QUIET, REFUSED_ON_TARGET, hasLedger, runPgleap, tables } from './scene.ts'

let from: OwnServer
let to: OwnServer
beforeAll(async () => {
  from = await startServer({ major: 14, settings: QUIET })
  to = await startServer({ major: 17 })
})
afterAll(async () => {
  await from[Symbol.asyncDispose]()
  await to[Symbol.asyncDispose]()
})

describe('objects that fail', () => {
  test('hide no others, are listed with what they block, and are done once their cause is mended', async () => {
    await using source = await freshDatabase(from)
    await using target = await freshDatabase(to)
    await source.query(
      `${tables({ rows: 2000 })} ${REFUSED_ON_TARGET}
       create index refused_index on f.customers ((f.refused_there(id)));
       create table f.refused_rows (id int primary key check (f.refused_there(id)), note text);
       create index refused_rows_note on f.refused_rows (note);
       insert into f.refused_rows select i, 'note ' || i from generate_series(1, 100) i;
       create table f.refers (id int references f.refused_rows);
       insert into f.refers values (1), (2);
       create materialized view f.of_refused as select count(*) from f.refused_rows;`,
    )
    const { code, result, error } = await runPgleap(['migrate', source.url, target.url])
    expect({ code, error }).toEqual({ code: 7, error: undefined })
    expect(result?.verdict).toBe('DIFFERENT')
    const failed = result?.failures.map(({ label }) => label) ?? []
    expect(failed.toSorted()).toEqual([
      expect.stringContaining('copy f.refused_rows'),
      expect.stringContaining('refused_index'),
    ])
    expect(
      result?.failures.every(({ sqlstate, message }) => sqlstate === '22000' && message.includes('not here')),
    ).toBe(true)
    const blocked = result?.blocked.map(({ label }) => label).join('\n') ?? ''
    expect(blocked).toContain('refused_rows_note')
    expect(blocked).toContain('refused_rows_pkey')
    expect(blocked).toContain('refers_id_fkey')
    expect(result?.blocked.every(({ by }) => by.includes('copy f.refused_rows'))).toBe(true)

    // All else is there.
    const arrived = await target.query<{ name: string }>(
      `select c.relname::text as name from pg_class c where relnamespace = 'f'::regnamespace
         and relname in ('big_k', 'orders_customer', 'per_customer', 'big_pkey', 'customers_name_key') order by 1`,
    )
    expect(arrived).toHaveLength(5)
    const [{ rows } = { rows: 0 }] = await target.query<{ rows: number }>('select count(*)::int as rows from f.refers')
    expect(rows).toBe(2)
    expect(await status({ target: target.url })).toMatchObject({ state: 'broken', steps: { failed: 2 } })

    // Not mended yet: the same again.
    expect((await resume({ target: target.url })).failures).toHaveLength(2)

    await using _mended = await freshRole(to, { name: 'mended' })
    const report = await resume({ target: target.url })
    expect(report).toMatchObject({ verdict: 'SAME', failures: [], blocked: [] })
    expect(await contentOf(target.url)).toEqual(await contentOf(source.url))
    expect(await hasLedger(target.url)).toBe(false)
  })
})

describe('a damaged ledger', () => {
  const DAMAGES = {
    'a table that is gone': 'drop table pgleap.done',
    'a column that is gone': 'alter table pgleap.step drop column work',
    'a step that was changed': `update pgleap.step set work = jsonb_set(work, '{statements}', '[]') where id = 1`,
    'a step that is gone': 'delete from pgleap.step where id = (select max(id) from pgleap.step)',
    'a step done that is none': `insert into pgleap.done select 1000000, id, now(), 0, 0, 0 from pgleap.run`,
    'a run that is gone': 'delete from pgleap.run',
    'another format': 'update pgleap.format set version = 99',
  }
  let source: FreshDatabase
  let other: FreshDatabase
  let broken: FreshDatabase
  beforeAll(async () => {
    other = await freshDatabase(from)
    source = await freshDatabase(from)
    await source.query(tables({ rows: 1000 }))
    broken = await freshDatabase(to)
    const stop = new AbortController()
    await migrate({
      source: source.url,
      target: broken.url,
      signal: stop.signal,
      onEvent: ({ type }) => type === 'step-done' && stop.abort(),
    }).catch(() => {})
  })
  afterAll(async () => {
    await broken[Symbol.asyncDispose]()
    await source[Symbol.asyncDispose]()
    await other[Symbol.asyncDispose]()
  })

  test.each(Object.entries(DAMAGES))('%s is one clear error, and nothing is touched', async (_, damage) => {
    await using target = await freshDatabase(to, { template: broken.name })
    await target.query(damage)
    const tablesNow = `select string_agg(relname, ',' order by oid) as all from pg_class where relnamespace = 'f'::regnamespace`
    const before = await target.query(tablesNow)
    const refusal = { code: 'ledger.damaged', party: 'target', hint: expect.stringContaining('Empty the target') }
    await expect(resume({ target: target.url })).rejects.toMatchObject(refusal)
    await expect(migrate({ source: source.url, target: target.url })).rejects.toMatchObject(refusal)
    await expect(status({ target: target.url })).rejects.toMatchObject(refusal)
    expect(await target.query(tablesNow)).toEqual(before)
  })

  test('a ledger that is whole goes on, and not with another source or other choices', async () => {
    await using target = await freshDatabase(to, { template: broken.name })
    const ends = { source: source.url, target: target.url }
    await expect(migrate({ ...ends, source: other.url })).rejects.toMatchObject({ code: 'resume.other-source' })
    await expect(migrate({ ...ends, owners: 'skip' })).rejects.toMatchObject({ code: 'resume.other-choices' })
    expect((await migrate(ends)).verdict).toBe('SAME')
  })

  test('a schema of that name which is not ours is left alone', async () => {
    await using target = await freshDatabase(to)
    await using client = await connectClient(target.url)
    await client.query('create schema pgleap; create table pgleap.mine (id int)')
    await expect(migrate({ source: source.url, target: target.url })).rejects.toMatchObject({
      code: 'ledger.foreign-schema',
    })
    expect((await client.query('select * from pgleap.mine')).rows).toEqual([])
  })
})
