import { DatabaseError, serverConninfo, SQLSTATE, type ConnectionInfo, type Session } from '../connection/index.ts'
import { qualified, quoteIdent, quoteLiteral } from '../sql.ts'
import type { StreamNames } from './names.ts'
import type { TableRule } from './table-rules.ts'

/** Publishes the tables that are streamed, each by itself: a partition under its own name, a parent without its children. */
export async function createPublication(
  active: Session,
  { publication, truncates }: StreamNames,
  tables: readonly TableRule[],
): Promise<void> {
  await active.script(publicationSql(publication, streamedTables(tables)))
  await active.script(publicationSql(truncates, truncatedTables(tables), "WITH (publish = 'truncate')"))
}

/** The tables whose rows are streamed. */
export function streamedTables(tables: readonly TableRule[]): TableRule[] {
  return tables.filter(({ rule }) => rule === 'streamed')
}

/** The tables whose TRUNCATE alone is streamed. */
function truncatedTables(tables: readonly TableRule[]): TableRule[] {
  return tables.filter(({ truncate }) => truncate === 'streamed')
}

/** `CREATE PUBLICATION` of these tables; of none, where there are none. */
export function publicationSql(name: string, tables: readonly TableRule[], options = ''): string {
  const names = tables.map((table) => qualified(table.schema, table.name))
  const forTables = names.length === 0 ? '' : `FOR TABLE ONLY ${names.join(', ONLY ')}`
  return `CREATE PUBLICATION ${quoteIdent(name)} ${forTables} ${options}`
}

/**
 * Makes the subscription on a slot that is there, without copying rows, and not yet running. Its password is in the
 * statement and in pg_subscription, and nowhere of ours.
 */
export async function createSubscription(
  passive: Session,
  { publication, truncates, slot, subscription }: StreamNames,
  publisher: ConnectionInfo,
): Promise<void> {
  const options = [`slot_name = ${quoteLiteral(slot)}`, 'create_slot = false', 'copy_data = false', 'enabled = false']
  // What the other direction brings never goes round in a circle.
  if (passive.major >= 16) options.push('origin = none')
  // From 18 on parallel is the default: transactions stay in one order that we can follow.
  if (passive.major >= 14) options.push('streaming = on')
  try {
    await passive.script(
      `CREATE SUBSCRIPTION ${quoteIdent(subscription)} CONNECTION ${quoteLiteral(serverConninfo(publisher).reveal())}
         PUBLICATION ${quoteIdent(publication)}, ${quoteIdent(truncates)} WITH (${options.join(', ')})`,
    )
  } catch (error) {
    throw withoutStatement(error)
  }
}

/** The statement of a failed CREATE SUBSCRIPTION holds the password (invariant 4). */
function withoutStatement(error: unknown): unknown {
  return error instanceof DatabaseError ? new DatabaseError(error.side, error.server, undefined) : error
}

/** Whether the subscription is there, running or not. pg_subscription is not for everybody, its statistics are. */
export async function hasSubscription(passive: Session, { subscription }: StreamNames): Promise<boolean> {
  const [found] = await passive.query('SELECT FROM pg_catalog.pg_stat_subscription WHERE subname = $1', [subscription])
  return found !== undefined
}

export async function startSubscription(passive: Session, { subscription }: StreamNames): Promise<void> {
  await passive.script(`ALTER SUBSCRIPTION ${quoteIdent(subscription)} ENABLE`)
}

/** Tells the stream to stop; its worker may take a second to notice, with nothing left to apply. */
export async function disableSubscription(
  passive: Session,
  { subscription }: Pick<StreamNames, 'subscription'>,
): Promise<void> {
  await passive.script(`ALTER SUBSCRIPTION ${quoteIdent(subscription)} DISABLE`)
}

/** Stops the stream and waits until no worker of it runs: nothing is applied any more when this returns. */
export async function stopSubscription(passive: Session, names: StreamNames): Promise<void> {
  await disableSubscription(passive, names)
  for (;;) {
    const [running] = await passive.query(
      'SELECT FROM pg_catalog.pg_stat_subscription WHERE subname = $1 AND pid IS NOT NULL',
      [names.subscription],
    )
    if (running === undefined) return
    await passive.query('SELECT pg_catalog.pg_sleep(0.01)')
  }
}

/**
 * Stops the stream at once, by ending its worker: a process that ends reports what it has written, and so all that is counted
 * later on was written by somebody else.
 */
export async function endStream(passive: Session, { subscription }: StreamNames, signal: AbortSignal): Promise<void> {
  await disableSubscription(passive, { subscription })
  for (;;) {
    signal.throwIfAborted()
    const running = await passive.query(
      'SELECT pg_catalog.pg_terminate_backend(pid) FROM pg_catalog.pg_stat_subscription WHERE subname = $1 AND pid IS NOT NULL',
      [subscription],
    )
    if (running.length === 0) return
    await passive.query('SELECT pg_catalog.pg_sleep(0.01)')
  }
}

/** Drops the subscription where it is there; never its slot, which may be on a server that does not answer. */
export async function dropSubscription(passive: Session, names: StreamNames): Promise<void> {
  if (!(await hasSubscription(passive, names))) return
  await stopSubscription(passive, names)
  const name = quoteIdent(names.subscription)
  await passive.script(`ALTER SUBSCRIPTION ${name} SET (slot_name = NONE)`)
  await passive.script(`DROP SUBSCRIPTION ${name}`)
}

/** Drops slot and publication where they are there; a walsender that still holds the slot is ended first. */
export async function dropPublished(
  active: Session,
  { slot, publication, truncates, complete }: StreamNames,
): Promise<void> {
  for (;;) {
    const [row] = await active.query<{ active_pid: number | null }>(
      'SELECT active_pid FROM pg_catalog.pg_replication_slots WHERE slot_name = $1',
      [slot],
    )
    if (row === undefined) break
    try {
      if (row.active_pid !== null) await active.query('SELECT pg_catalog.pg_terminate_backend($1)', [row.active_pid])
      await active.query('SELECT pg_catalog.pg_drop_replication_slot($1)', [slot])
    } catch (error) {
      // Its walsender goes on for a moment; a slot that is not made yet goes with it.
      const moving: readonly string[] = [SQLSTATE.objectInUse, SQLSTATE.undefinedObject]
      if (!(error instanceof DatabaseError && moving.includes(error.server.sqlstate))) throw error
      await active.query('SELECT pg_catalog.pg_sleep(0.02)')
    }
  }
  await active.script(`DROP PUBLICATION IF EXISTS ${[publication, truncates, complete].map(quoteIdent).join(', ')}`)
}

/** A slot for the other direction: nobody writes to this side yet, so no snapshot goes with it. */
export async function createSlot(active: Session, { slot }: StreamNames): Promise<void> {
  await active.query("SELECT pg_catalog.pg_create_logical_replication_slot($1, 'pgoutput')", [slot])
}
