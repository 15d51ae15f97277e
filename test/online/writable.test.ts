import { expect, test } from 'vitest'
import { end, start, switchTo } from '../../src/online/index.ts'
import type { Event } from '../../src/report/index.ts'
import { connectClient, freshDatabase, queryOnce, server } from '../kit/index.ts'
import { probes, PROBES } from './load/probes.ts'

test('never do both sides take writes, in a rehearsal, a cutover and a rollback', { timeout: 120_000 }, async () => {
  await using source = await freshDatabase(await server(13))
  await using target = await freshDatabase(await server(18))
  await queryOnce(source.url, PROBES)
  const both = { source: source.url, target: target.url }
  await start(both)
  await using probing = probes(both)
  const events: Event[] = []
  await switchTo('target', { ...both, rehearse: 'rehearse', onEvent: (event) => events.push(event) })
  // What the application changes while it is compared is no difference, and is not told as one.
  expect(events).toContainEqual(expect.objectContaining({ code: 'online.changing', object: 'table public.probe' }))
  expect(events.filter((event) => event.type === 'verified' && event.verdict !== 'SAME')).toEqual([])
  await switchTo('target', both)
  await switchTo('source', both)
  await probing.stop()
  expect(await probing.stretches(source.url)).toEqual(['source', 'target', 'source'])
  await end('source', both)
})

test('an idle source cuts over, and back', { timeout: 120_000 }, async () => {
  await using source = await freshDatabase(await server(14))
  await using target = await freshDatabase(await server(17))
  await queryOnce(source.url, 'create table t as select 1 as x')
  const both = { source: source.url, target: target.url }
  await start(both)
  await switchTo('target', both)
  await switchTo('source', both)
  await end('source', both)
  expect(await queryOnce(source.url, 'select x from t')).toEqual([{ x: 1 }])
})

test(
  'who was connected to the target before it began to follow does not write to it',
  { timeout: 120_000 },
  async () => {
    await using source = await freshDatabase(await server(14))
    await using target = await freshDatabase(await server(17))
    await queryOnce(source.url, 'create table t (x int primary key)')
    const both = { source: source.url, target: target.url }
    await using early = await connectClient(target.url)
    await start(both)
    await expect(early.query('insert into t values (1)')).rejects.toBeInstanceOf(Error)
    await using late = await connectClient(target.url)
    await expect(late.query('insert into t values (1)')).rejects.toMatchObject({ code: '25006' })
    await switchTo('target', both)
    // Nor does a pool keep sessions that are read only once it is open.
    await expect(late.query('insert into t values (1)')).rejects.toBeInstanceOf(Error)
    expect(await queryOnce(target.url, 'insert into t values (1) returning x')).toEqual([{ x: 1 }])
    await end('target', both)
  },
)
