import { unreachable } from '../errors.ts'
import { formatBytes, formatCount, formatDuration } from '../units.ts'
import type { Event } from './events.ts'
import type {
  ForecastReport,
  LagReport,
  NoOnlineMigrationReport,
  OnlineEndReport,
  OnlineMigrationReport,
  OnlineSide,
  OnlineStatusReport,
  SlotReport,
  StreamReport,
} from './online-report.ts'
import { fields, firstOf, oneLine, paragraphs, plural } from './text.ts'
import type { Style } from './text.ts'

const MOST_LISTED = 8

/** Where an online migration stands, for people: one screen. */
export function onlineStatusText(report: OnlineStatusReport, style: Style): string {
  return report.state === 'none' ? noneText(report, style) : underWayText(report, style)
}

function noneText({ looked, leftovers }: NoOnlineMigrationReport, style: Style): string {
  const where = looked.length === 2 ? 'on the source and the target' : 'on the target'
  const unseen = looked.length === 2 ? [] : ['The source was not looked at; name it with --source.']
  if (leftovers.length === 0) {
    return paragraphs([[style('good', `No online migration, and nothing is left of one ${where}.`), ...unseen]])
  }
  const lines = leftovers.map(({ side, kind, name, undo }) => {
    const what = kind === 'guard' ? 'setting' : kind
    return `  ${side}  ${what} ${oneLine(name)}: ${oneLine(undo)};`
  })
  const found = `No online migration, but this is left ${where}:`
  return paragraphs([[style('care', found), ...lines, ...unseen]])
}

function underWayText(report: OnlineMigrationReport, style: Style): string {
  const { active, stream, tables, blocks } = report
  const pause = report.lastPauseMs === null ? '' : `; the last pause took ${formatDuration(report.lastPauseMs)}`
  const facts = fields(
    [
      ['source', sideText(report, 'source')],
      ['target', sideText(report, 'target')],
      ['since', `${report.since}${pause}`],
      ['lag', lagText(stream.lag)],
      ['forecast', forecastText(stream.forecast)],
      ['slot', slotText(stream.slot)],
      ['apply', applyText(stream)],
      ['tables', `${plural(tables.streamed, 'table')} streamed, ${formatCount(tables.paused)} copied in the pause`],
      ['drift', driftText(report.drift)],
    ],
    style,
  )
  const move = active === 'source' ? 'cutover' : 'rollback'
  const verdict =
    blocks.length === 0
      ? [style('good', `Nothing stands in the way of a ${move}.`)]
      : [
          style('bad', `In the way of a ${move}:`),
          ...firstOf(
            blocks.map(({ what, hint }) => oneLine(hint === '' ? what : `${what} ${hint}`)),
            MOST_LISTED,
            '--json lists them all',
          ).map((line) => `  ${line}`),
        ]
  const title = `Online migration ${report.id}: ${style('strong', report.phase)}, the application writes to the ${active}`
  return paragraphs([[title], facts, verdict])
}

function sideText({ sides }: OnlineMigrationReport, side: OnlineSide): string {
  const { where, endpoint, unreachable: why, writes } = sides[side]
  if (why !== undefined) return `${oneLine(where)}: ${oneLine(why)}`
  return `${oneLine(where)} (PostgreSQL ${endpoint?.version ?? ''}), ${writes ?? ''} to writes`
}

function lagText({ bytes, ms, how }: LagReport): string {
  if (bytes === null) return 'unknown'
  const time =
    ms === null ? 'an unknown time' : how === 'estimated' ? `about ${formatDuration(ms)}` : formatDuration(ms)
  return `${formatBytes(bytes)}, ${time}`
}

/** One line of a watch: `1.2 MB, 0.4 s behind; the slot keeps 16.1 MB of 10.0 GB; 1,204 rows applied`. */
export function onlineLine({ lagBytes, lagMs, slotBytes, budgetBytes, appliedRows }: Measured): string {
  const behind = lagText({ bytes: lagBytes, ms: lagMs, how: 'measured' })
  const parts = [lagBytes === null ? 'lag unknown' : `${behind} behind`]
  if (slotBytes !== null) {
    const budget = budgetBytes === null ? '' : ` of ${formatBytes(budgetBytes)}`
    parts.push(`the slot keeps ${formatBytes(slotBytes)}${budget}`)
  }
  if (appliedRows !== null) parts.push(`${plural(appliedRows, 'row')} applied`)
  return parts.join('; ')
}

type Measured = Pick<
  Extract<Event, { type: 'online-sample' }>,
  'lagBytes' | 'lagMs' | 'slotBytes' | 'budgetBytes' | 'appliedRows'
>

function forecastText({ verdict, etaMs }: ForecastReport): string {
  switch (verdict) {
    case 'in step':
      return 'in step'
    case 'converges':
      return `converges, in step in about ${formatDuration(etaMs ?? 0)}`
    case 'diverges':
      return 'does not converge: more is written than is applied'
    case 'stands still':
      return 'stands still: nothing was applied while this was looked at'
    case 'unknown':
      return 'unknown'
    default:
      return unreachable(verdict)
  }
}

function slotText({
  name,
  state,
  retainedBytes,
  budgetBytes,
  budgetFrom,
  walStatus,
  safeWalBytes,
}: SlotReport): string {
  if (retainedBytes === null) return `${name} is ${state}`
  const budget = budgetBytes === null ? '' : ` of ${formatBytes(budgetBytes)} (${budgetFrom})`
  const left = safeWalBytes === null ? '' : `; the server allows ${formatBytes(safeWalBytes)} more`
  return `${name}, ${state}: keeps ${formatBytes(retainedBytes)}${budget} of WAL, ${walStatus ?? 'status unknown'}${left}`
}

function applyText({ apply }: StreamReport): string {
  const conflicts = Object.entries(apply.conflicts ?? {}).map(([kind, count]) => `${formatCount(count)} ${kind}`)
  const parts = [
    apply.state,
    apply.errors === null ? 'errors are not counted before 15' : plural(apply.errors, 'error'),
    ...(apply.conflicts === null ? [] : [conflicts.length === 0 ? 'no conflicts' : conflicts.join(', ')]),
    ...(apply.lastError === null ? [] : [`last: ${oneLine(apply.lastError)}`]),
  ]
  return apply.state === 'missing' || apply.state === 'unknown' ? apply.state : parts.join(', ')
}

function driftText(drift: readonly string[] | null): string {
  if (drift === null) return 'not looked at'
  return drift.length === 0 ? 'none' : `${plural(drift.length, 'change')} of definitions`
}

/** What a finish or an abort has removed, and what is left to do by hand. */
export function onlineEndText({ kept, removed, byHand, closed }: OnlineEndReport, style: Style): string {
  const list = removed.map(({ side, what }) => `  ${side}  ${oneLine(what)}`)
  const hand = byHand.flatMap(({ side, sql }) => [
    style('care', `To be done by hand on the ${side}, which was not reached:`),
    ...sql.map((statement) => (statement.includes('-- ') ? `  ${statement}` : `  ${statement};`)),
  ])
  const stays = closed.map(
    (side) =>
      `The ${side} stays closed to writes: nothing would bring them to the ${kept}. To open it again: ALTER DATABASE ... RESET default_transaction_read_only.`,
  )
  return paragraphs([
    [style('strong', `The online migration is over; the ${kept} stays.`)],
    list.length === 0 ? ['Nothing was left to remove.'] : ['Removed:', ...list],
    hand,
    stays,
  ])
}
