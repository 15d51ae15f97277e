import { loadSql, quoteLiteral } from '../../sql.ts'
import { formatBytes, formatCount } from '../../units.ts'
import { cannotTell } from '../cannot-tell.ts'
import type { CheckedServer, NewFinding } from '../check.ts'
import { askOnce, check } from '../check.ts'
import { statements } from '../names.ts'

const SLOTS = loadSql(import.meta.url, 'slots.sql')
const SLOTS_12 = loadSql(import.meta.url, 'slots.12.sql')

export interface SlotRow {
  name: string
  type: string
  /** Null for a physical slot, as the database. */
  plugin: string | null
  database: string | null
  /** Of the database that we are connected to. */
  here: boolean | null
  active: boolean
  /** As pg_replication_slots has it; null before PostgreSQL 13. */
  wal_status: string | null
  /** Of the session that reads from it now, where we may see that. */
  application: string | null
  /** Bytes of WAL that are kept for it; null where none are, and on a standby. */
  retained: number | null
  /** Transactions since the oldest one whose rows are kept for it. */
  xmin_age: number | null
}

export const slots = ({ major }: CheckedServer) => (major >= 13 ? SLOTS : SLOTS_12)

export const s04 = check<SlotRow>({
  id: 'S04',
  title: 'No replication slot is left without a reader',
  about: 'server',
  severity: 'warning',
  paths: ['offline', 'online', 'files'],
  source: slots,
  assess: ({ source }) => source.filter(({ active }) => !active).map(inactive),
})

function inactive(slot: SlotRow): NewFinding {
  const { name, type, database, retained, wal_status: walStatus } = slot
  const whose = database === null ? `${type} slot` : `${type} slot of database ${database}`
  const consequence =
    walStatus === 'lost'
      ? 'The WAL that it needs is gone already, so it is of no use to anybody.'
      : `Nobody reads from it, and ${retained === null ? 'WAL' : `${formatBytes(retained)} of WAL`} and old row versions are kept for it: the disk of the source fills, the more so while a migration runs.`
  return {
    object: `slot ${name}`,
    message: `A ${whose}. ${consequence} Drop it, unless its reader is to come back.`,
    fix: {
      kind: 'sql',
      side: 'source',
      sql: statements(`SELECT pg_catalog.pg_drop_replication_slot(${quoteLiteral(name).trim()})`),
    },
  }
}

/** At a thousand transactions a second, a quarter of an hour: dead rows are felt by then. */
const OLD_XMIN = 1_000_000

interface HorizonRow {
  kind: 'standby' | 'prepared transaction'
  name: string
  xmin_age: number | null
  /** Our role may not see what it reports. */
  hidden: boolean
}

const HORIZONS = loadSql(import.meta.url, 'horizons.sql')

export const s11 = check<(SlotRow & { kind: 'slot' }) | HorizonRow>({
  id: 'S11',
  title: 'Nothing holds back the clean-up of dead rows',
  severity: 'warning',
  paths: ['online'],
  source: {
    probe: async ({ source, pair }) => {
      const own = await askOnce<SlotRow>(source, slots(pair.source))
      const others = await source.query<HorizonRow>(HORIZONS)
      return [...own.map((slot) => ({ ...slot, kind: 'slot' as const })), ...others]
    },
  },
  assess: ({ source }) => {
    const found = source.flatMap((row) => holdsBack(row))
    const hidden = source.filter((row) => row.kind === 'standby' && row.hidden).map(({ name }) => name)
    if (found.length > 0 || hidden.length === 0) return found
    throw cannotTell(
      'source',
      `Our role may not see what standbys report (${hidden.join(', ')}); it needs pg_read_all_stats.`,
      'GRANT pg_read_all_stats TO the role that pgleap connects with.',
    )
  },
})

function holdsBack({ kind, name, xmin_age: age }: (SlotRow & { kind: 'slot' }) | HorizonRow): NewFinding[] {
  if (age === null || age < OLD_XMIN) return []
  return [
    {
      object: `${kind} ${name}`,
      message: `Rows that died up to ${formatCount(age)} transactions ago cannot be cleaned up because of it. Our slot holds back clean-up of the system catalogs, too, so tables and catalogs bloat for as long as both last.`,
      fix: { kind: 'advice', text: REMEDIES[kind] },
    },
  ]
}

const REMEDIES = {
  slot: 'Let its reader catch up, or drop the slot, before the online migration starts.',
  standby: 'End the long query on the standby, or turn off hot_standby_feedback there while the migration lasts.',
  'prepared transaction': 'Commit it or roll it back: COMMIT PREPARED or ROLLBACK PREPARED, in its database.',
} as const
