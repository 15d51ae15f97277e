import { setTimeout as sleep } from 'node:timers/promises'
import type { ConnectionInfo, Session } from '../connection/index.ts'
import type { EmitEvent } from '../report/index.ts'
import { quoteIdent } from '../sql.ts'
import { drain, takeFence } from './fence.ts'
import type { StreamNames } from './names.ts'
import { createSubscription, hasSubscription, publicationSql, startSubscription, stopSubscription } from './stream.ts'
import type { TableRule } from './table-rules.ts'

const POLL_MS = 100
const TELL_EVERY_MS = 10_000

export interface HandOverOptions {
  source: Session
  target: Session
  names: StreamNames
  publisher: ConnectionInfo
  /** Streamed tables whose rows are there: the stream goes on with the changes that the slot holds. The others are empty. */
  complete: readonly TableRule[]
  signal: AbortSignal | undefined
  onEvent: EmitEvent | undefined
}

/**
 * Has PostgreSQL's own table sync copy the tables that our copy has not finished, and comes back when all are in step and the
 * stream stands still. Can be done again after a crash at any moment.
 *
 * A subscription knows a table that it is to copy from one that it is not by when it first sees it: so it is made for a
 * publication of the complete tables alone, and then led to the whole one (subscriptioncmds.c, AlterSubscription_refresh).
 * Changes of a table that it does not know yet are skipped; the copy, which begins later, has them.
 */
export async function handOver({
  source,
  target,
  names,
  publisher,
  complete,
  ...options
}: HandOverOptions): Promise<void> {
  const { publication, complete: completeOnes, truncates, subscription } = names
  const name = quoteIdent(subscription)
  if (!(await hasSubscription(target, names))) {
    await source.script(`DROP PUBLICATION IF EXISTS ${quoteIdent(completeOnes)}`)
    await source.script(publicationSql(completeOnes, complete))
    await createSubscription(target, { ...names, publication: completeOnes }, publisher)
  }
  await target.script(
    `ALTER SUBSCRIPTION ${name} SET PUBLICATION ${quoteIdent(publication)}, ${quoteIdent(truncates)} WITH (refresh = false)`,
  )
  await source.script(`DROP PUBLICATION IF EXISTS ${quoteIdent(completeOnes)}`)
  await startSubscription(target, names)
  await target.script(`ALTER SUBSCRIPTION ${name} REFRESH PUBLICATION WITH (copy_data = true)`)
  await allInStep(target, names, options)
  await drain(source, names.slot, await takeFence(source), options.signal ?? new AbortController().signal)
  await stopSubscription(target, names)
}

/** Waits until the subscription follows every table of its own: `r`, ready (pg_subscription_rel). */
export async function allInStep(
  passive: Session,
  { subscription }: StreamNames,
  { signal, onEvent }: Pick<HandOverOptions, 'signal' | 'onEvent'>,
): Promise<void> {
  let told = 0
  for (;;) {
    const rows = await passive.query<{ table: string }>(
      `SELECT r.srrelid::regclass::text AS "table" FROM pg_catalog.pg_subscription_rel r
       WHERE r.srsubstate <> 'r'
         AND r.srsubid IN (SELECT s.subid FROM pg_catalog.pg_stat_subscription s WHERE s.subname = $1)
       ORDER BY 1`,
      [subscription],
    )
    if (rows.length === 0) return
    if (Date.now() - told > TELL_EVERY_MS) {
      told = Date.now()
      const names = rows.slice(0, 3).map(({ table }) => table)
      onEvent?.({
        type: 'notice',
        at: told,
        level: 'info',
        code: 'online.table-sync',
        message: `The stream itself copies what is left: ${rows.length === 1 ? '1 table' : `${String(rows.length)} tables`}, ${names.join(', ')}${rows.length > 3 ? ' and more' : ''}.`,
      })
    }
    await sleep(POLL_MS, undefined, { signal })
  }
}
