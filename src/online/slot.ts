import { setTimeout as sleep } from 'node:timers/promises'
import { createExportedSlot, type ConnectionInfo, type ExportedSlot, type Session } from '../connection/index.ts'
import { PgleapError } from '../errors.ts'
import type { EmitEvent } from '../report/index.ts'
import { loadSql } from '../sql.ts'
import { formatDuration } from '../units.ts'

const BLOCKERS = loadSql(import.meta.url, 'slot-blockers.sql')

/** How often the user is told who is in the way. */
const TELL_EVERY_MS = 5_000
const MOST_NAMED = 3

interface Blocker {
  pid: number | null
  gid: string | null
  role: string | null
  database: string | null
  state: string | null
  ms: number | null
  query: string | null
}

export interface SlotOptions {
  /** How long to wait for the transactions that are open on the server, in milliseconds. */
  timeoutMs: number
  onEvent: EmitEvent | undefined
  signal: AbortSignal | undefined
}

/**
 * Makes the slot, with its snapshot. The server has to see the end of every transaction that is open on it first: as long
 * as that lasts, the events say who they are.
 *
 * The caller drops the slot where this throws: after an abort its walsender may still wait on the server, and hold it.
 *
 * @throws PgleapError `online.slot-timeout`; what the server says to a slot; the signal's reason
 */
export async function makeSlot(
  source: Session,
  info: ConnectionInfo,
  name: string,
  { timeoutMs, onEvent, signal }: SlotOptions,
): Promise<ExportedSlot> {
  const made = new AbortController()
  const late = AbortSignal.timeout(timeoutMs)
  const stop = signal === undefined ? late : AbortSignal.any([late, signal])
  const slot = createExportedSlot(info, name, { side: 'source', purpose: 'slot', signal: stop })
  const telling = tell(source, made.signal, onEvent)
  try {
    return await slot
  } catch (error) {
    if (late.aborted && signal?.aborted !== true) throw tooLate(timeoutMs, await blockers(source))
    throw error
  } finally {
    made.abort()
    await telling
  }
}

async function tell(source: Session, made: AbortSignal, onEvent: EmitEvent | undefined): Promise<void> {
  for (;;) {
    await sleep(TELL_EVERY_MS, undefined, { signal: made, ref: false }).catch(() => {})
    if (made.aborted) return
    const found = await blockers(source).catch(() => [])
    if (found.length === 0) continue
    onEvent?.({
      type: 'notice',
      at: Date.now(),
      level: 'warning',
      code: 'online.slot-waits',
      message: `The replication slot waits for the end of ${found.length === 1 ? 'a transaction' : `${String(found.length)} transactions`}: ${describe(found)}.`,
      hint: 'Let them end, or end them: pg_terminate_backend(PID), ROLLBACK PREPARED.',
    })
  }
}

async function blockers(source: Session): Promise<Blocker[]> {
  return source.query<Blocker>(BLOCKERS)
}

/** `server process 4711 of app in database shop (open for 3 min 07 s, idle in transaction): UPDATE ...`. */
function describe(found: readonly Blocker[]): string {
  const named = found.slice(0, MOST_NAMED).map(({ pid, gid, role, database, state, ms, query }) => {
    const who = gid === null ? `server process ${String(pid)}` : `prepared transaction ${gid}`
    const since = ms === null ? [] : [`open for ${formatDuration(ms)}`]
    const how = [...since, ...(state === null || gid !== null ? [] : [state])].join(', ')
    const what = query === null || query === '' ? '' : `: ${query}`
    return `${who} of ${role ?? 'nobody'} in database ${database ?? '-'}${how === '' ? '' : ` (${how})`}${what}`
  })
  return `${named.join('; ')}${found.length > MOST_NAMED ? '; and more' : ''}`
}

/** A transaction this old, in milliseconds, is no short one: who knows when it ends? */
const LONG_MS = 1_000
const POLL_MS = 100

/**
 * Waits for the long transactions in other databases of the server that a slot would wait for, which keeps nobody waiting
 * yet. Those in our own are over when the slot is made: the stream's are applied, and all others ended.
 *
 * @throws PgleapError `online.slot-blocked`; the signal's reason
 */
export async function untilSlotCanBeMade(session: Session, { timeoutMs, onEvent, signal }: SlotOptions): Promise<void> {
  const over = new AbortController()
  const telling = tell(session, over.signal, onEvent)
  const until = Date.now() + timeoutMs
  try {
    for (;;) {
      const long = (await blockers(session)).filter(
        ({ database, ms }) => database !== session.database && ms !== null && ms >= LONG_MS,
      )
      if (long.length === 0) return
      if (Date.now() > until) throw blocked(session, long)
      await sleep(POLL_MS, undefined, { signal })
    }
  } finally {
    over.abort()
    await telling
  }
}

function blocked({ side }: Session, long: readonly Blocker[]): PgleapError {
  return new PgleapError({
    code: 'online.slot-blocked',
    message: `Transactions are open on the ${side}, for whose end the slot of the way back would keep the application waiting: ${describe(long)}.`,
    hint: 'Let them end, or end them, and try again. Nobody was held up.',
    party: side,
  })
}

function tooLate(timeoutMs: number, found: readonly Blocker[]): PgleapError {
  const who = found.length === 0 ? '' : `: ${describe(found)}`
  return new PgleapError({
    code: 'online.slot-timeout',
    message: `The replication slot could not be made within ${formatDuration(timeoutMs)}, because transactions are open on the source${who}.`,
    hint: 'Let them end, or end them, and start again; or wait longer with --slot-timeout. Nothing was left behind.',
    party: 'source',
  })
}
