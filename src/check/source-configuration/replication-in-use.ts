import { loadSql } from '../../sql.ts'
import type { NewFinding, Pair } from '../check.ts'
import { askOnce, check } from '../check.ts'
import { counted } from '../names.ts'
import { slots, type SlotRow } from './slots.ts'

interface PublicationRow {
  name: string
  all_tables: boolean
  tables: number
}

const PUBLICATIONS = loadSql(import.meta.url, 'publications.sql')

export const s12 = check<SlotRow | PublicationRow>({
  id: 'S12',
  title: 'Nobody else reads the changes of the database',
  severity: 'warning',
  paths: ['offline', 'online', 'files'],
  source: {
    probe: async ({ source, pair }) => [
      ...(await askOnce<SlotRow>(source, slots(pair.source))),
      ...(await source.query<PublicationRow>(PUBLICATIONS)),
    ],
  },
  assess: ({ source }) => source.flatMap((row) => ('plugin' in row ? consumer(row) : publication(row))),
})

/** Slots without a reader are S04's. */
function consumer({ name, plugin, here, active, application }: SlotRow): NewFinding[] {
  if (here !== true || !active) return []
  const reader = application === null || application === '' ? 'Somebody' : application
  return [
    {
      object: `slot ${name}`,
      message: `${reader} reads the changes of this database (${plugin ?? 'unknown plugin'}). Slots do not travel, and positions in the WAL of the source mean nothing on the target.`,
      fix: {
        kind: 'advice',
        text: 'Once the source takes no more writes, let it read to the end; then give it a new slot on the target before the first write there.',
      },
    },
  ]
}

function publication({ name, all_tables: allTables, tables }: PublicationRow): NewFinding[] {
  return [
    {
      object: `publication ${name}`,
      severity: 'info',
      message: `It publishes ${allTables ? 'all tables' : counted(tables, 'table')} and arrives on the target as it is; those who subscribe to it go on reading from the source.`,
      fix: {
        kind: 'advice',
        text: 'List its subscribers, and point them to the target when the source takes no more writes.',
      },
    },
  ]
}

interface SubscriptionRow {
  name: string
  enabled: boolean
  slot: string | null
}

export const s13 = check<SubscriptionRow>({
  id: 'S13',
  title: 'The source is not a subscriber itself',
  severity: 'warning',
  paths: ['offline', 'online', 'files'],
  source: loadSql(import.meta.url, 'subscriptions.sql'),
  assess: ({ source }, pair) => source.map((row) => subscription(row, pair)),
})

function subscription({ name, enabled, slot }: SubscriptionRow, { paths }: Pair): NewFinding {
  const online = paths.has('online')
    ? ' In an online migration, its rows reach the target by way of the source; do not enable it on the target before the cutover.'
    : ''
  return {
    object: `subscription ${name}`,
    message: `It ${enabled ? 'brings' : 'is disabled, but may bring'} rows from another server into this database. On the target it arrives disabled and without a slot.${online}`,
    fix: {
      kind: 'advice',
      text: `After the source takes no more writes: ALTER SUBSCRIPTION there DISABLE and SET (slot_name = NONE); on the target SET (slot_name = ${slot === null ? 'its slot' : `'${slot}'`}) and ENABLE, so that it goes on where it was.`,
    },
  }
}
