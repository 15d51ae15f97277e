import { expect, test } from 'vitest'
import { end, start, switchTo } from '../../src/online/index.ts'
import { freshDatabase, queryOnce, server } from '../kit/index.ts'
import { probes, PROBES } from './load/probes.ts'

test('never do both sides take writes, in a rehearsal, a cutover and a rollback', { timeout: 120_000 }, async () => {
  await using source = await freshDatabase(await server(13))
  await using target = await freshDatabase(await server(18))
  await queryOnce(source.url, PROBES)
  const both = { source: source.url, target: target.url }
  await start(both)
  await using probing = probes(both)
  await switchTo('target', { ...both, rehearse: 'rehearse' })
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
