import type { Session, Side } from '../connection/index.ts'
import { PgleapError, unreachable } from '../errors.ts'
import type { BlockReport, EmitEvent } from '../report/index.ts'
import { loadSql, quoteIdent } from '../sql.ts'

const WRITERS = loadSql(import.meta.url, 'writers.sql')

/** Somebody whom the closing of a side does not stop. */
export interface Writer {
  kind: 'role' | 'subscription' | 'worker'
  name: string
}

/** Who can write to this database while it is closed, as far as SQL tells. */
export async function writersPast(session: Session): Promise<Writer[]> {
  return session.query<Writer>(WRITERS)
}

/** Roles and subscriptions that are neither shut out nor accepted. What a worker does nobody knows: it is named, and no more. */
export function openWriters(writers: readonly Writer[], accepted: readonly string[]): Writer[] {
  return writers.filter(({ kind, name }) => kind !== 'worker' && !accepted.includes(name))
}

/** What somebody can do about one of them; a switch can shut roles out. */
export function mendWriter({ kind, name }: Writer, before: 'start' | 'switch'): string {
  switch (kind) {
    case 'role': {
      const reset = `ALTER ROLE ${quoteIdent(name)} RESET default_transaction_read_only`
      return before === 'switch' ? `${reset}, or --app-role ${name}` : reset
    }
    case 'subscription':
      return `ALTER SUBSCRIPTION ${quoteIdent(name)} DISABLE`
    case 'worker':
      return 'look at what it does'
    default:
      return unreachable(kind)
  }
}

/** `role app, which has default_transaction_read_only = off of its own`. */
export function describeWriter({ kind, name }: Writer): string {
  switch (kind) {
    case 'role':
      return `role ${name}, which has default_transaction_read_only = off of its own`
    case 'subscription':
      return `subscription ${name}, which brings rows from another server`
    case 'worker':
      return `background worker ${name}`
    default:
      return unreachable(kind)
  }
}

/** The same, as what stands in the way of closing the side. */
export function blockOfWriter(writer: Writer, side: Side): BlockReport {
  return {
    what: `The ${side} cannot be closed to ${describeWriter(writer)}.`,
    hint: `${mendWriter(writer, 'switch')}; --accept-writer ${writer.name} lets it write there.`,
  }
}

/**
 * Refuses to close a side that somebody would go on writing to: what he writes there nobody would bring to the other.
 *
 * @throws PgleapError `online.writers`
 */
export async function assertNoWriters(
  session: Session,
  { accepted, onEvent }: { accepted: readonly string[]; onEvent: EmitEvent | undefined },
): Promise<void> {
  const writers = await writersPast(session)
  const open = openWriters(writers, accepted)
  if (open.length > 0) {
    throw new PgleapError({
      code: 'online.writers',
      message: `The ${session.side} cannot be closed to ${open.map(describeWriter).join('; ')}.`,
      hint: `${open.map((writer) => mendWriter(writer, 'switch')).join('; ')}. --accept-writer NAME lets it write there all the same: nothing brings that to the other side.`,
      party: session.side,
    })
  }
  tellOfWorkers(session.side, writers, onEvent)
}

/** Background workers that a setting does not close out, as a notice. */
function tellOfWorkers(side: Side, writers: readonly Writer[], onEvent: EmitEvent | undefined): void {
  const workers = writers.filter(({ kind }) => kind === 'worker').map(({ name }) => name)
  if (workers.length === 0) return
  onEvent?.({
    type: 'notice',
    at: Date.now(),
    level: 'warning',
    code: 'online.workers',
    message: `Background workers run in the database of the ${side}, which no setting keeps from writing: ${workers.join(', ')}.`,
    hint: 'Stop what writes there before the other side takes over; `pgleap online watch` raises an alarm at every write.',
  })
}

/** Who can write to a side although it is closed, or will be by the cutover, as a notice. */
export async function tellOfWriters(
  session: Session,
  { accepted, onEvent }: { accepted: readonly string[]; onEvent: EmitEvent | undefined },
): Promise<void> {
  const { side } = session
  const writers = await writersPast(session)
  tellOfWorkers(side, writers, onEvent)
  const open = openWriters(writers, accepted)
  if (open.length === 0) return
  onEvent?.({
    type: 'notice',
    at: Date.now(),
    level: 'warning',
    code: 'online.open-to',
    message:
      side === 'source'
        ? `The cutover cannot close the source to ${open.map(describeWriter).join('; ')}.`
        : `The target is closed, but not to ${open.map(describeWriter).join('; ')}.`,
    hint: `${open.map((writer) => mendWriter(writer, side === 'source' ? 'switch' : 'start')).join('; ')}.`,
  })
}
