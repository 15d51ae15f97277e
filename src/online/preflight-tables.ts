import type { Session } from '../connection/index.ts'
import { loadSql } from '../sql.ts'
import { formatDuration } from '../units.ts'
import type { Blocker } from './blocker.ts'
import { describeLargeObjects, largeObjectsAhead } from './large-objects.ts'
import { DEFAULT_MAX_PAUSE_MS, type OnlineStartOptions } from './options.ts'
import { describeFired, firedByCopy, mayCopyQuietly, quietHint } from './quiet-copy.ts'
import type { RuledTable, TableRule } from './table-rules.ts'

const UNPUBLISHED_KEYS = loadSql(import.meta.url, 'unpublished-keys.sql')

export interface TablesOptions {
  source: Session
  target: Session
  ruled: readonly RuledTable[]
  options: OnlineStartOptions
}

/** What the tables and large objects would make fail later: in the stream, in the pause of a cutover, or in that of a rollback. */
export async function preflightTables({ source, target, ruled, options }: TablesOptions): Promise<Blocker[]> {
  const rules = ruled.map(({ rule }) => rule)
  const sides = options.wayBack === 'without' ? [target] : [target, source]
  return [
    ...(await pausedTriggers(source, rules, sides)),
    ...(await strandedTruncates(source, rules)),
    ...(await largeObjects(source, target, options)),
  ]
}

/** The target has no tables yet, and will have the source's triggers and foreign keys. */
async function pausedTriggers(
  source: Session,
  rules: readonly TableRule[],
  sides: readonly Session[],
): Promise<Blocker[]> {
  const fired = await firedByCopy(source, rules)
  if (fired.length === 0) return []
  const found: Blocker[] = []
  for (const session of sides) {
    if (await mayCopyQuietly(session)) continue
    found.push({
      id: 'paused-triggers',
      object: `role ${session.user} on the ${session.side}`,
      message: `Tables that are copied in the pause would set off what hangs on them, which the role may not turn off: ${describeFired(fired)}.`,
      fix: { kind: 'advice', text: quietHint(session) },
    })
  }
  return found
}

/**
 * The stream truncates without CASCADE, and the server refuses to truncate a table that another one refers to, unless that
 * is truncated with it (tablecmds.c, ExecuteTruncateGuts): the TRUNCATE of a table that cannot be published never comes, and
 * so the stream would stop for ever.
 */
async function strandedTruncates(source: Session, rules: readonly TableRule[]): Promise<Blocker[]> {
  const from = rules.filter(({ rule, truncate }) => rule === 'paused' && truncate === undefined)
  const to = rules.filter(({ rule, truncate }) => rule === 'streamed' || truncate === 'streamed')
  const keys = await source.query<{ key: string; table: string; refers_to: string }>(UNPUBLISHED_KEYS, [
    from.map(({ schema }) => schema),
    from.map(({ name }) => name),
    to.map(({ schema }) => schema),
    to.map(({ name }) => name),
  ])
  return keys.map(({ key, table, refers_to: refersTo }) => ({
    id: 'truncate',
    object: `foreign key ${key} of ${table}`,
    message: `${table} cannot be published, and refers to ${refersTo}, which is: a TRUNCATE of both (CASCADE) could not be applied, and would stop the stream for ever.`,
    fix: {
      kind: 'advice',
      text: `Make sure that nobody truncates ${refersTo} meanwhile (DELETE is fine), and go on with --skip-check truncate; or drop the foreign key, or make the table one that can be published (SET LOGGED, its owner's rights).`,
    },
  }))
}

async function largeObjects(
  source: Session,
  target: Session,
  { owners = 'keep', privileges = 'keep', tablespaces = 'keep', roleMap = {} }: OnlineStartOptions,
): Promise<Blocker[]> {
  const ahead = await largeObjectsAhead(source, target, { owners, privileges, tablespaces, roleMap })
  const { count, expectedMs, refusals } = ahead
  if (count === 0) return []
  const isLong = expectedMs > DEFAULT_MAX_PAUSE_MS
  if (refusals.length === 0 && !isLong) return []
  const time = `all of them are replaced in the pause where one was written to, in about ${formatDuration(expectedMs)}`
  return [
    {
      id: 'large-objects',
      object: describeLargeObjects(ahead),
      message: `No stream carries them: ${[time, ...refusals].join('; ')}.`,
      fix: {
        kind: 'advice',
        text: isLong
          ? `Give the cutover a longer --max-pause, or let nobody write to large objects, and go on with --skip-check large-objects.`
          : 'Grant what is missing; or let nobody write to large objects, and go on with --skip-check large-objects.',
      },
    },
  ]
}
