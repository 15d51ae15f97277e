import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { end, start, switchTo } from '../../src/online/index.ts'
import type { Router } from '../../src/online/router.ts'
import { connectClient, faultProxy, freshDatabase, queryOnce, server, startServer } from '../kit/index.ts'
import { killAt, type Moment } from './load/kill.ts'
import { probes, PROBES } from './load/probes.ts'
import { SCHEMA } from './load/workload.ts'
import { writers } from './load/writers.ts'

/** Does something to a server, or to the network, at the moment at which writes are about to be stopped. */
function fault(work: () => Promise<unknown>): Router {
  return {
    name: 'a fault',
    hold: async () => void (await work()),
    lead: async () => {},
    release: async () => {},
    [Symbol.asyncDispose]: async () => {},
  }
}

test(
  'a switch whose process is killed and that is run again ends with one open side and every acknowledged row',
  { timeout: 240_000 },
  async () => {
    await using source = await freshDatabase(await server(14))
    await using target = await freshDatabase(await server(17))
    await queryOnce(source.url, SCHEMA)
    await queryOnce(source.url, PROBES)
    const both = { source: source.url, target: target.url }
    await using app = writers([source.url, target.url], 2)
    await start({ ...both, jobs: 2 })
    await using probing = probes(both)
    const moments: Moment[] = [{ step: 'freeze' }, { step: 'way back' }, { step: 'open' }, 'over']
    for (const [i, moment] of moments.entries()) {
      const side = i % 2 === 0 ? 'target' : 'source'
      await app.until(5)
      expect(await killAt(moment, side, both), JSON.stringify(moment)).toBe('SIGKILL')
      await switchTo(side, both)
      await app.until(5)
    }
    await Promise.all([app.stop(), probing.stop()])
    expect(await app.wrongs(source.url)).toEqual([])
    expect(await probing.stretches(source.url)).toEqual(['source', 'target', 'source', 'target', 'source'])
    await end('source', both)
  },
)

test(
  'what goes wrong in the pause lets the application write again where it wrote, and the next try gets there',
  { timeout: 240_000 },
  async () => {
    await using young = await startServer({ major: 17 })
    await using source = await freshDatabase(await server(14))
    await using target = await freshDatabase(young)
    await using proxy = await faultProxy((await server(14)).port)
    await queryOnce(source.url, SCHEMA)
    const both = { source: source.url, target: target.url }
    await using app = writers([source.url, target.url], 2)
    await start({ ...both, jobs: 2, sourceFromTarget: proxy.url(source.url) })
    await app.until(5)

    const stalled = fault(async () => {
      proxy.stall()
    })
    await expect(switchTo('target', { ...both, maxPauseMs: 6_000, routers: [stalled] })).rejects.toMatchObject({
      code: 'online.pause-too-long',
    })
    await app.until(5)
    await proxy.resume()

    const dead = fault(() => young.kill())
    await expect(switchTo('target', { ...both, routers: [dead] })).rejects.toMatchObject({ party: 'target' })
    await app.until(5)
    await young.start()

    // A transaction that has written and does not end is ended after the grace.
    await using lazy = await connectClient(source.url)
    await lazy.query('begin; update accounts set balance = 0 where false; lock table accounts in row exclusive mode')
    await switchTo('target', { ...both, graceMs: 200 })
    await expect(lazy.query('commit')).rejects.toBeInstanceOf(Error)
    await app.until(5)

    const dropped = fault(async () => {
      await using client = await connectClient(target.url)
      await client.query(
        `select pg_terminate_backend(active_pid) from pg_replication_slots where active_pid is not null`,
      )
      for (;;) {
        try {
          await client.query(`select pg_drop_replication_slot(slot_name) from pg_replication_slots`)
          return
        } catch {
          await sleep(5)
        }
      }
    })
    await expect(switchTo('source', { ...both, maxPauseMs: 5_000, routers: [dropped] })).rejects.toMatchObject({
      code: 'online.slot-lost',
    })
    await app.until(5)
    await app.stop()
    expect(await app.wrongs(target.url)).toEqual([])
    await end('target', both)
  },
)
