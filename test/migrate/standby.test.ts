import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { migrate, plan, verify } from '../../src/index.ts'
import { caughtUp, freshDatabase, queryOnce, server, startServer, startStandby, type OwnServer } from '../kit/index.ts'
import { expectWhole, run } from './support.ts'

/** Sequences can be unlogged since 15, and those of unlogged tables are. */
describe.each([14, 15] as const)('a standby of %s as the source', (major) => {
  let primary: OwnServer
  let standby: OwnServer
  beforeAll(async () => {
    primary = await startServer({ major })
    await queryOnce(primary.url(), 'create database shop')
    await run(
      primary.url('shop'),
      `create table kept (id serial primary key, n int); insert into kept (n) select generate_series(1, 100);
       create unlogged table cache (id int primary key, kept int references kept); insert into cache values (1, 1);
       create unlogged table counted (id int generated always as identity); insert into counted default values;
       create sequence numbers; select setval('numbers', 41);
       ${major < 15 ? '' : `create unlogged sequence fleeting; select setval('fleeting', 7)`}`,
    )
    standby = await startStandby(primary)
    await caughtUp(standby, primary)
  }, 60_000)
  afterAll(async () => {
    await standby[Symbol.asyncDispose]()
    await primary[Symbol.asyncDispose]()
  })

  const unlogged =
    major < 15
      ? 'the rows of public.cache, public.counted are'
      : 'the rows of public.cache, public.counted and the values of public.counted_id_seq, public.fleeting are'

  test('what is unlogged is made without its content, which is said beforehand, and all else is the same', async () => {
    await using target = await freshDatabase(await server(17))
    const planned = await plan({ source: standby.url('shop'), target: target.url })
    expect(planned.tables.map(({ table }) => table)).toEqual(['public.kept'])
    const [notice] = planned.notices.filter(({ code }) => code === 'source.unlogged')
    expect(notice?.message).toContain(unlogged)

    const report = await migrate({ source: standby.url('shop'), target: target.url })
    expectWhole(report)
    expect(report.tables.map(({ table, rows }) => [table, rows])).toEqual([['public.kept', 100]])
    expect(report.notices.map(({ code }) => code)).toEqual(
      expect.arrayContaining(['source.unlogged', 'source.writes-unknown']),
    )
    expect(
      await target.query(`select (select count(*)::int from kept) as kept, (select count(*)::int from cache) as cache,
        nextval('kept_id_seq')::int as next, nextval('numbers')::int as number`),
    ).toEqual([{ kept: 100, cache: 0, next: 101, number: 42 }])
  })

  test('a comparison says what it passes over, and finds what differs in the rest', async () => {
    await using target = await freshDatabase(await server(17))
    await migrate({ source: primary.url('shop'), target: target.url })
    const notices: string[] = []
    const same = await verify({
      source: standby.url('shop'),
      target: target.url,
      onEvent: (event) => {
        if (event.type === 'notice') notices.push(event.message)
      },
    })
    expect(notices).toEqual([expect.stringContaining(unlogged)])
    expect(same.verdict).toBe('SAME')
    expect(same.objects.filter(({ kind }) => kind === 'table').map(({ object }) => object)).toEqual(['public.kept'])
    await target.query('update kept set n = 0 where id = 1')
    expect(await verify({ source: standby.url('shop'), target: target.url })).toMatchObject({ verdict: 'DIFFERENT' })
  })
})
