import { readWriteCounters, type WriteCounters } from '../catalog/index.ts'
import type { Session } from '../connection/index.ts'
import type { OnlineRecord } from './record.ts'

/** A write on the side that is closed to the application, which nothing will bring to the other. */
export interface ForeignWrite {
  /** `table public.item`, or the session that writes now. */
  object: string
  what: string
}

/**
 * Counters reach the view by the time: a backend reports at the end of a transaction unless it did so within the last second,
 * and then once it has been idle for ten (pgstat.c, PGSTAT_IDLE_INTERVAL). Before 15 an idle backend keeps what it has.
 */
const SETTLED_MS = 12_000
const SETTLED_BEFORE_15_MS = 300_000

/**
 * Finds writes on the closed side by comparing the counters of both. Whatever the stream applies was written on the active side
 * first, and is counted there too; so a table that counts more on the closed side, and goes on to, was written to by somebody
 * else. Tables that are not streamed should not count anything, and no client's session should have a transaction id.
 */
export class ClosedSideWatch {
  readonly #settledMs: number | undefined
  #since: { switches: number; closed: WriteCounters; active: WriteCounters } | undefined
  /** Of streamed tables: since when the closed side counts more (or less) than it should, and by how much at least. */
  readonly #odd = new Map<string, { since: number; excess: number }>()

  constructor(settledMs?: number) {
    this.#settledMs = settledMs
  }

  /** Forgets what was counted: rows are being moved by ourselves. */
  reset(): void {
    this.#since = undefined
    this.#odd.clear()
  }

  /** What was written since the last look, as far as it has become certain. */
  async look(active: Session, closed: Session, record: OnlineRecord): Promise<ForeignWrite[]> {
    const writers = await writersNow(closed)
    // The closed side first: what it shows was written on the active side before.
    const now = { closed: await readWriteCounters(closed), active: await readWriteCounters(active) }
    const before = this.#since
    if (before?.switches !== record.switches) {
      this.#odd.clear()
      this.#since = { switches: record.switches, ...now }
      return writers
    }
    const settledMs = this.#settledMs ?? (active.major >= 15 ? SETTLED_MS : SETTLED_BEFORE_15_MS)
    const streamed = new Set(
      record.tables.filter(({ rule }) => rule === 'streamed').map(({ schema, name }) => `${schema}.${name}`),
    )
    const counted = {
      closed: writesByTable(before.closed, now.closed),
      active: writesByTable(before.active, now.active),
    }
    const found: ForeignWrite[] = []
    for (const [table, writes] of counted.closed) {
      const excess = streamed.has(table) ? writes - (counted.active.get(table) ?? 0) : writes
      const sure = streamed.has(table) ? this.#settled(table, excess, settledMs) : excess
      if (sure === 0) continue
      if (sure > 0) found.push({ object: `table ${table}`, what: `about ${String(sure)} rows were written` })
      rebase(before, now, table)
      this.#odd.delete(table)
    }
    return [...writers, ...found]
  }

  /** The excess that has been there for long enough to be no matter of late counters; 0 until then. */
  #settled(table: string, excess: number, settledMs: number): number {
    const odd = this.#odd.get(table)
    if (excess === 0) this.#odd.delete(table)
    else if (odd === undefined || Math.sign(odd.excess) !== Math.sign(excess)) {
      this.#odd.set(table, { since: Date.now(), excess })
    } else {
      // What has come on top since is looked at by itself.
      odd.excess = excess > 0 ? Math.min(odd.excess, excess) : Math.max(odd.excess, excess)
      if (Date.now() - odd.since >= settledMs) return odd.excess
    }
    return 0
  }
}

/** What was counted for the table up to now is accounted for; writes that were rolled back on the active side are, too. */
function rebase(
  since: { closed: WriteCounters; active: WriteCounters },
  now: { closed: WriteCounters; active: WriteCounters },
  table: string,
): void {
  for (const side of ['closed', 'active'] as const) {
    const rest = since[side].tables.filter(({ schema, name }) => `${schema}.${name}` !== table)
    const newest = now[side].tables.filter(({ schema, name }) => `${schema}.${name}` === table)
    since[side] = { ...since[side], tables: [...rest, ...newest] }
  }
}

function writesByTable(before: WriteCounters, after: WriteCounters): Map<string, number> {
  const earlier = new Map(before.tables.map(({ oid, writes }) => [oid, writes]))
  return new Map(
    after.tables
      .filter(({ schema }) => schema !== 'pgleap_online')
      // Counters begin anew when statistics are reset.
      .map(({ oid, schema, name, writes }) => [`${schema}.${name}`, Math.max(0, writes - (earlier.get(oid) ?? 0))]),
  )
}

/** Clients whose transaction has an id now have written something. */
async function writersNow(closed: Session): Promise<ForeignWrite[]> {
  const rows = await closed.query<{ pid: number; usename: string; application_name: string }>(
    `SELECT pid, usename::text, application_name FROM pg_catalog.pg_stat_activity
     WHERE datname = pg_catalog.current_database() AND backend_type = 'client backend' AND backend_xid IS NOT NULL
       AND application_name NOT LIKE 'pgleap: %'`,
  )
  return rows.map(({ pid, usename, application_name: name }) => ({
    object: `session ${String(pid)}`,
    what: `${usename}${name === '' ? '' : ` (${name})`} has a transaction open that writes`,
  }))
}
