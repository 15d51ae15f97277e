import { createServer } from 'node:http'
import { once } from 'node:events'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { onlineStatus, switchTo, watchOnline, type OnlineWatchOptions } from '../../src/online/index.ts'
import type { Event } from '../../src/report/index.ts'
import { connectClient } from '../kit/index.ts'
import { pairOf, stream, write, type StreamingPair } from './pair.ts'

/** A watch that runs until its block ends, with all that it has said so far. */
interface RunningWatch extends AsyncDisposable {
  events: Event[]
  /** Settles once an event has come that is as described. */
  says: (isIt: (event: Event) => boolean) => Promise<Event>
  ended: Promise<{ ended: string }>
}

function watching(options: OnlineWatchOptions): RunningWatch {
  const events: Event[] = []
  const stop = new AbortController()
  const waiting = new Set<() => void>()
  const onEvent = (event: Event) => {
    events.push(event)
    for (const wake of waiting) wake()
  }
  const ended = watchOnline({ everyMs: 200, onEvent, signal: stop.signal, ...options })
  return {
    events,
    ended,
    says: (isIt) =>
      new Promise((resolve, reject) => {
        const look = () => {
          const found = events.find(isIt)
          if (found !== undefined) resolve(found)
        }
        waiting.add(look)
        ended.then(look, reject)
        look()
      }),
    async [Symbol.asyncDispose]() {
      stop.abort()
      await ended
    },
  }
}

const alarm = (code: string) => (event: Event) => event.type === 'notice' && event.code === code

const isWhole = (event: Event) =>
  event.type === 'online-sample' && event.lagBytes !== null && event.appliedRows !== null

const isOver = (event: Event) =>
  event.type === 'online-phase' && event.active === 'target' && event.phase === 'streaming'

describe('a watch over an online migration', { timeout: 240_000 }, () => {
  let pair: StreamingPair
  let ends: { source: string; target: string }

  beforeAll(async () => {
    pair = await pairOf(14, 17)
    await stream(pair)
    ends = { source: pair.source.url, target: pair.target.url }
  }, 240_000)

  afterAll(() => pair[Symbol.asyncDispose](), 60_000)

  test('reports phase, lag and slot, shows them to Prometheus, and ends with its signal', async () => {
    const port = 20_000 + (process.pid % 20_000)
    const watch = watching({ ...ends, metrics: port })
    {
      await using _running = watch
      await watch.says(({ type }) => type === 'online-sample')
      await write(pair.source, `insert into item select i, 'v' from generate_series(200, 300) i`)
      await watch.says((event) => event.type === 'online-sample' && (event.appliedRows ?? 0) >= 101)
      const text = await (await fetch(`http://127.0.0.1:${String(port)}/metrics`)).text()
      expect(text).toMatch(/^pgleap_lag_bytes \d+$/mu)
      expect(text).toMatch(/^pgleap_slot_budget_bytes 10737418240$/mu)
      expect(text).toMatch(/^pgleap_phase\{phase="streaming",active="source"\} 1$/mu)
      // What is not known is not there: no pause has been made.
      expect(text).not.toMatch(/^pgleap_last_pause_seconds /mu)
    }
    expect(await watch.ended).toEqual({ ended: 'stopped' })
    expect(watch.events[0]).toMatchObject({ type: 'online-phase', phase: 'streaming', active: 'source' })
    expect(watch.events.filter(({ type }) => type === 'notice')).toEqual([])
  })

  test('tells of a row that cannot be applied, and a webhook hears it', async () => {
    const heard: Record<string, unknown>[] = []
    const server = createServer((request, response) => {
      let body = ''
      request.setEncoding('utf8').on('data', (text: string) => (body += text))
      request.on('end', () => {
        heard.push(JSON.parse(body))
        response.writeHead(204).end()
      })
    }).listen(0, '127.0.0.1')
    await once(server, 'listening')
    const address = server.address()
    const port = typeof address === 'object' ? address?.port : undefined
    {
      await using watch = watching({ ...ends, webhook: `http://127.0.0.1:${String(port)}/token` })
      await write(pair.target, `insert into item values (5000, 'in the way')`)
      await write(pair.source, `insert into item values (5000, 'a')`)
      await watch.says(alarm('online.apply-error'))
      await write(pair.target, 'delete from item where id = 5000')
    }
    server.close()
    expect(heard.map(({ what }) => what)).toEqual(expect.arrayContaining(['phase', 'online.apply-error']))
    expect(JSON.stringify(heard)).not.toContain('postgres')
  })

  test('raises an alarm at every write on the closed side, and at none of the stream', async () => {
    await using watch = watching({ ...ends, settledMs: 1_500 })
    await watch.says(({ type }) => type === 'online-sample')
    await write(pair.source, `update item set v = 'new'`)
    await write(pair.target, `insert into note values ('only there')`)
    expect(await watch.says(alarm('online.written-on-closed'))).toMatchObject({ object: 'table public.note' })
    await write(pair.target, `insert into item values (6000, 'only there')`)
    await watch.says((event) => event.type === 'notice' && event.object === 'table public.item')
    await using client = await connectClient(ends.target)
    await client.query('set default_transaction_read_only = off')
    await client.query(`begin; delete from note where v = 'only there'; delete from item where id = 6000`)
    await watch.says((event) => event.type === 'notice' && event.object?.startsWith('session ') === true)
    await client.query('commit')
  })

  test.for(['source', 'target'] as const)('tells that the %s is down, and is well when it is back', async (side) => {
    await using watch = watching(ends)
    await watch.says(({ type }) => type === 'online-sample')
    const next = (isIt: (event: Event) => boolean) => {
      const seen = watch.events.length
      return watch.says((event) => isIt(event) && watch.events.indexOf(event) >= seen)
    }
    const down = next(alarm('online.unreachable'))
    await pair[side].server.stop('immediate')
    expect(await down).toMatchObject({ message: expect.stringContaining(`The ${side} is not seen`) })
    // What cannot be seen is unknown, and not 0.
    const blind = await next(({ type }) => type === 'online-sample')
    expect(blind).toMatchObject(side === 'source' ? { lagBytes: null, lagMs: null } : { appliedRows: null })
    await pair[side].server.start()
    expect(await next(isWhole)).toMatchObject({ active: 'source' })
  })

  test('sees a cutover', async () => {
    await using watch = watching(ends)
    await switchTo('target', ends)
    expect(await watch.says(isOver)).toMatchObject({ phase: 'streaming', active: 'target' })
  })

  test('drops the slot rather than fill the disk of the server that is written to', async () => {
    {
      await using watch = watching({ ...ends, slotBudget: 200_000, overBudget: 'warn' })
      await using holder = await connectClient(ends.source)
      await holder.query('set default_transaction_read_only = off; begin; lock table item in access exclusive mode')
      await write(pair.target, `insert into item select i, repeat('x', 500) from generate_series(20000, 22000) i`)
      await watch.says(alarm('online.budget-over'))
      expect(watch.events.some(alarm('online.slot-given-up'))).toBe(false)
      await holder.query('rollback')
    }
    await using watch = watching({ ...ends, slotBudget: 200_000 })
    await using holder = await connectClient(ends.source)
    await holder.query('set default_transaction_read_only = off; begin; lock table item in access exclusive mode')
    await write(pair.target, `insert into item select i, repeat('x', 500) from generate_series(30000, 32000) i`)
    await watch.says(alarm('online.slot-given-up'))
    expect(await pair.target.query('select from pg_replication_slots')).toEqual([])
    const report = await onlineStatus(ends)
    expect(report).toMatchObject({ stream: { slot: { state: 'missing' } } })
    expect(JSON.stringify(report)).toContain('more than its budget')
  })
})
