import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { status } from '../../../src/index.ts'
import {
  type FreshDatabase,
  type OwnServer,
  faultProxy,
  freshDatabase,
  freshRole,
  startServer,
} from '../../kit/index.ts'
import { contentOf } from '../../matrix/content.ts'
import { QUIET, SLOW_ON_TARGET, presence, runPgleap, startPgleap, tables, untilRunning } from './scene.ts'

let from: OwnServer
let to: OwnServer
let source: FreshDatabase
beforeAll(async () => {
  from = await startServer({ major: 14, settings: QUIET })
  to = await startServer({ major: 17 })
  source = await freshDatabase(from)
  await source.query(tables({ rows: 2000 }))
  await source.query(`${SLOW_ON_TARGET} create index slow on f.customers (f.slow_there(id)) where id = 7`)
})
afterAll(async () => {
  await source[Symbol.asyncDispose]()
  await from[Symbol.asyncDispose]()
  await to[Symbol.asyncDispose]()
})

test('Ctrl-C cancels what runs on both servers, and the run is resumed later', async () => {
  await using target = await freshDatabase(to)
  const life = startPgleap(['migrate', source.url, target.url])
  await untilRunning(to, '%create index%slow_there%')
  life.child.kill('SIGINT')
  expect(await life.ended).toMatchObject({ code: 130, error: { code: 'run.interrupted', exitCode: 130 } })
  expect(await presence(from)).toEqual([])
  expect(await presence(to)).toEqual([])

  const broken = await status({ target: target.url })
  expect(broken).toMatchObject({ state: 'broken', failures: [] })
  expect(broken.steps.done).toBeGreaterThan(0)
  expect(broken.steps.left).toBeGreaterThan(0)

  await using _quick = await freshRole(to, { name: 'made_quick' })
  expect(await runPgleap(['resume', target.url])).toMatchObject({ code: 0, result: { verdict: 'SAME' } })
  expect(await contentOf(target.url)).toEqual(await contentOf(source.url))
})

test('a second Ctrl-C leaves at once, and what it leaves running is ended by the resumed run', async () => {
  await using target = await freshDatabase(to)
  await using proxy = await faultProxy(to)
  const life = startPgleap(['migrate', source.url, proxy.url(target.url)])
  await untilRunning(to, '%create index%slow_there%')
  proxy.halfOpen()
  life.child.kill('SIGINT')
  await sleep(300)
  life.child.kill('SIGINT')
  expect((await life.ended).code).toBe(130)
  expect(await presence(to, { active: true })).toHaveLength(1)
  proxy.cut()

  await using _quick = await freshRole(to, { name: 'made_quick' })
  const again = await runPgleap(['migrate', source.url, target.url])
  expect(again).toMatchObject({ code: 0, error: undefined, result: { verdict: 'SAME' } })
  expect(await contentOf(target.url)).toEqual(await contentOf(source.url))
})

test('a second process on the same target is turned away, and the first one shows as running', async () => {
  await using target = await freshDatabase(to)
  const first = startPgleap(['migrate', source.url, target.url])
  await untilRunning(to, '%create index%slow_there%')
  for (const args of [
    ['migrate', source.url, target.url],
    ['resume', target.url],
  ]) {
    expect(await runPgleap(args)).toMatchObject({ code: 4, error: { code: 'ledger.locked' } })
  }
  expect(await status({ target: target.url })).toMatchObject({ state: 'running' })
  first.child.kill('SIGTERM')
  expect((await first.ended).code).toBe(130)
})
