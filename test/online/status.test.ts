import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { onlineStatus } from '../../src/online/index.ts'
import { onlineStatusText, plain } from '../../src/report/index.ts'
import type { OnlineMigrationReport } from '../../src/report/index.ts'
import { connectClient } from '../kit/index.ts'
import { pairOf, stream, until, write, type StreamingPair } from './pair.ts'

describe('the status of an online migration', { timeout: 240_000 }, () => {
  let pair: StreamingPair
  let id = ''

  beforeAll(async () => {
    pair = await pairOf(14, 18, { target: { logging_collector: 'on' } })
    await stream(pair)
  }, 240_000)

  afterAll(() => pair[Symbol.asyncDispose](), 120_000)

  async function status(): Promise<OnlineMigrationReport> {
    const report = await onlineStatus({ source: pair.source.url, target: pair.target.url })
    if (report.state === 'none') throw new Error('no migration is under way')
    return report
  }

  test('tells on one screen who is written to, how far the other is, and what blocks', async () => {
    const report = await until(status, ({ blocks }) => blocks.length === 0)
    id = report.id
    expect(report).toMatchObject({
      phase: 'streaming',
      active: 'source',
      lastPauseMs: null,
      sides: { source: { writes: 'open' }, target: { writes: 'closed' } },
      tables: { streamed: 2, paused: 1, notReady: [] },
      stream: {
        from: 'source',
        slot: { state: 'connected', walStatus: 'reserved', budgetBytes: 10 * 1024 ** 3 },
        apply: { state: 'running', errors: 0, conflicts: {} },
        forecast: { verdict: 'in step' },
      },
    })
    const text = onlineStatusText(report, plain)
    expect(text.split('\n').length).toBeLessThanOrEqual(24)
    expect(text).toContain('Nothing stands in the way of a cutover.')
  })

  test('a row that cannot be applied is an error that blocks, and its lag is no 0', async () => {
    await write(pair.target, `insert into item values (5000, 'in the way')`)
    await write(pair.source, `insert into item values (5000, 'a')`)
    const stuck = await until(status, ({ stream }) => (stream.apply.errors ?? 0) > 0)
    expect(stuck.stream.lag.bytes).toBeGreaterThan(0)
    expect(stuck.stream.lag.ms).not.toBe(0)
    expect(stuck.blocks).not.toEqual([])
    expect(stuck.stream.apply.lastError).toMatch(/Key \(id\)=\(5000\)|insert_exists/u)
    expect(stuck.stream.apply.conflicts).toMatchObject({ insert_exists: expect.any(Number) })
    await write(pair.target, 'delete from item where id = 5000')
    await until(status, ({ blocks }) => blocks.length === 0)
  })

  test('a stream that waits for a lock stands still: its lag is not 0, and it blocks', async () => {
    await using holder = await connectClient(pair.target.url)
    await holder.query('set default_transaction_read_only = off; begin; lock table item in access exclusive mode')
    await write(pair.source, `insert into item select i, repeat('x', 200) from generate_series(10000, 12000) i`)
    const report = await until(status, ({ stream: { forecast } }) => forecast.verdict === 'stands still')
    expect(report.stream.lag.bytes).toBeGreaterThan(0)
    expect(report.stream.lag.ms).not.toBe(0)
    expect(report.blocks).not.toEqual([])
    await holder.query('rollback')
    await until(status, ({ blocks }) => blocks.length === 0)
  })

  test('DDL, prepared transactions, an open passive side and a stopped subscription block', async () => {
    const { source, target } = pair
    await write(source, 'alter table item add column w int')
    await write(source, `begin; create table held (x int); prepare transaction 'left'`)
    await write(target, `alter database app reset default_transaction_read_only`)
    await write(target, `alter subscription pgleap_${id} disable`)
    const { blocks } = await until(status, (report) => report.stream.apply.state === 'disabled')
    const all = blocks.map(({ what }) => what).join('\n')
    expect(all).toContain('public.item')
    expect(all).toContain('left')
    expect(all).toContain('The target is open to writes')
    expect(all).toContain('The subscription is disabled.')
    await source.query(`rollback prepared 'left'`)
    await write(source, 'alter table item drop column w')
    await write(target, `alter database app set default_transaction_read_only = on`)
    await write(target, `alter subscription pgleap_${id} enable`)
  })

  test('a source that cannot be reached is part of the answer', async () => {
    const report = await onlineStatus({ source: 'postgres://nobody@127.0.0.1:1/none', target: pair.target.url })
    expect(report).toMatchObject({
      sides: { source: { unreachable: expect.stringContaining('Nothing listens') } },
      stream: { lag: { bytes: null, ms: null, how: 'unknown' }, slot: { state: 'unknown' } },
    })
  })
})
