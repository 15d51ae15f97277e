import type { Session } from '../connection/index.ts'
import { parseConnection } from '../connection/index.ts'
import { PgleapError } from '../errors.ts'
import type { OnlineEndReport } from '../report/index.ts'
import { quoteIdent, quoteLiteral } from '../sql.ts'
import { isClosed, reopen, reopenSql } from './freeze.ts'
import { leftovers } from './leftovers.ts'
import { streamNames, type StreamNames } from './names.ts'
import type { OnlineAbortOptions } from './end.ts'
import { before, type OnlineRecord } from './record.ts'
import { sidesOf } from './sides.ts'
import { dropPublished, dropSubscription } from './stream.ts'

/** What is to be done by hand on a source that could not be reached; harmless where it was done already. */
export function sqlForSource(record: OnlineRecord, after: 'reopen' | 'keep closed'): string[] {
  const { database } = parseConnection(record.source.connection)
  return [
    // It is there once the application writes to the target, or was about to.
    ...(record.active === 'target' || record.phase === 'switching'
      ? dropSubscriptionSql(streamNames(record.id, 'back'))
      : []),
    ...dropPublishedSql(streamNames(record.id, 'forward')),
    ...record.changes
      .filter(({ side }) => side === 'source')
      .toReversed()
      .map(({ undo }) => undo),
    ...(after === 'reopen' ? reopenSql(database, before(record, 'source')) : []),
  ]
}

function dropSubscriptionSql({ subscription }: StreamNames): string[] {
  const name = quoteIdent(subscription)
  // Without these two it would look for its slot on a server that may be gone.
  return [
    `ALTER SUBSCRIPTION ${name} DISABLE`,
    `ALTER SUBSCRIPTION ${name} SET (slot_name = NONE)`,
    `DROP SUBSCRIPTION IF EXISTS ${name}`,
  ]
}

function dropPublishedSql({ slot, publication, truncates, complete }: StreamNames): string[] {
  return [
    `SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE slot_name = ${quoteLiteral(slot)}`,
    `DROP PUBLICATION IF EXISTS ${[publication, truncates, complete].map(quoteIdent).join(', ')}`,
  ]
}

/**
 * Cleans up a source whose target is gone, and the record with it: what was made is found by its name. Which replica
 * identities were changed only the record knew, so those that may be ours are named.
 *
 * @throws PgleapError `online.source-needed`, `online.several`
 */
export async function endWithoutTarget(options: OnlineAbortOptions): Promise<OnlineEndReport> {
  if (options.source === undefined) throw sourceNeeded()
  const sides = sidesOf(options.source, options.target, options.signal)
  await using source = await sides.open('source', 'online end')
  const found = await leftovers(source)
  const ids = [...new Set(found.flatMap(({ name }) => /^pgleap_([0-9a-f]{8})/u.exec(name)?.[1] ?? []))]
  const [id, ...others] = ids
  if (others.length > 0) throw several(ids)
  const removed: OnlineEndReport['removed'] = []
  const byHand: OnlineEndReport['byHand'] = []
  if (id !== undefined) {
    const forward = streamNames(id, 'forward')
    const back = streamNames(id, 'back')
    const identities = await identitiesThatMayBeOurs(source, forward)
    await dropSubscription(source, back)
    await dropPublished(source, forward)
    if (identities.length > 0) byHand.push({ side: 'source', sql: identities })
    byHand.push({
      side: 'target',
      sql: [
        ...(found.some(({ kind }) => kind === 'subscription') ? dropPublishedSql(back) : dropSubscriptionSql(forward)),
        `ALTER DATABASE ${quoteIdent(sides.target.database)} RESET default_transaction_read_only`,
        'DROP SCHEMA IF EXISTS pgleap_online CASCADE',
        'DROP SCHEMA IF EXISTS pgleap CASCADE',
      ],
    })
  }
  // Only the record knew what it said before.
  if (await isClosed(source)) await reopen(source, { roles: [], readOnly: undefined })
  const after = new Set((await leftovers(source)).map(({ kind, name }) => `${kind} ${name}`))
  for (const { side, kind, name } of found) {
    if (!after.has(`${kind} ${name}`)) removed.push({ side, what: `${kind} ${name}` })
  }
  return { kept: 'source', removed, byHand, closed: [] }
}

/** Statements, for a person to choose from: pgleap sets an identity only where the default would not do. */
async function identitiesThatMayBeOurs(source: Session, { publication }: StreamNames): Promise<string[]> {
  const rows = await source.query<{ table: string }>(
    `SELECT pg_catalog.format('%I.%I', n.nspname, c.relname) AS "table"
     FROM pg_catalog.pg_publication_rel r
     JOIN pg_catalog.pg_publication p ON p.oid = r.prpubid
     JOIN pg_catalog.pg_class c ON c.oid = r.prrelid
     JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
     WHERE p.pubname = $1 AND c.relreplident <> 'd' ORDER BY 1`,
    [publication],
  )
  return rows.map(
    ({ table }) => `ALTER TABLE ${table} REPLICA IDENTITY DEFAULT -- unless it was not pgleap that set it`,
  )
}

function sourceNeeded(): PgleapError {
  return new PgleapError({
    code: 'online.source-needed',
    message: 'Without the target nothing says where the source is.',
    hint: 'Name it with --source.',
    party: 'usage',
  })
}

function several(ids: readonly string[]): PgleapError {
  return new PgleapError({
    code: 'online.several',
    message: `The source holds the remains of several migrations: ${ids.join(', ')}.`,
    hint: '`pgleap online status TARGET --source SOURCE` on any other target lists what there is, with the SQL that removes it.',
    party: 'usage',
  })
}
