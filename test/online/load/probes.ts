import { setTimeout as sleep } from 'node:timers/promises'
import { Client } from 'pg'
import type { Side } from '../../../src/connection/index.ts'
import { queryOnce } from '../../kit/index.ts'

export const PROBES = 'create table probe (id uuid primary key default gen_random_uuid(), side text, at timestamptz)'

export interface Probes extends AsyncDisposable {
  /** Ends them all; each has had its last answer then. */
  stop(): Promise<void>
  /** The sides that have taken writes, in the order of the writes and once a stretch; what is lost says so. */
  stretches(url: string): Promise<string[]>
}

/**
 * Writes to both sides all the time, whichever is open: on a session that is kept as long as it lasts, and on new ones. The
 * server's clock is read when a row is written, so two sides that are open at once show as rows that take turns.
 */
export function probes(urls: Readonly<Record<Side, string>>): Probes {
  const acknowledged: string[] = []
  const state = { stopping: false }
  const probe = async (side: Side, session: 'kept' | 'new') => {
    let client: Client | undefined
    while (!state.stopping) {
      try {
        if (client === undefined) {
          client = new Client({ connectionString: urls[side], application_name: 'probe' })
          client.on('error', () => {})
          await client.connect()
        }
        const { rows } = await client.query<{ id: string }>(
          'insert into probe (side, at) values ($1, clock_timestamp()) returning id',
          [side],
        )
        acknowledged.push(...rows.map(({ id }) => id))
        if (session === 'new') {
          await client.end()
          client = undefined
        }
      } catch {
        // Closed, or ended: the next session may find it open.
        client?.end(() => {})
        client = undefined
      }
      // One that is refused costs both machines a login.
      await sleep(client === undefined ? 15 : 3)
    }
    await client?.end().catch(() => {})
  }
  const running = (['source', 'target'] as const).flatMap((side) => [probe(side, 'kept'), probe(side, 'new')])
  const stop = async () => {
    state.stopping = true
    await Promise.all(running)
  }
  return {
    stop,
    async stretches(url) {
      const rows = await queryOnce<{ id: string; side: string }>(url, 'select id, side from probe order by at')
      const there = new Set(rows.map(({ id }) => id))
      const lost = acknowledged.filter((id) => !there.has(id)).map((id) => `lost ${id}`)
      const sides = rows.map(({ side }) => side)
      return [...sides.filter((side, i) => side !== sides[i - 1]), ...lost]
    },
    [Symbol.asyncDispose]: stop,
  }
}
