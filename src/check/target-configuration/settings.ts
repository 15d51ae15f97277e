import type { Fix } from '../../report/index.ts'
import { loadSql, quoteIdent, settingSql } from '../../sql.ts'
import { formatBytes } from '../../units.ts'
import type { NewFinding, Pair } from '../check.ts'
import { askOnce, check } from '../check.ts'
import { setParameter } from '../parameter.ts'
import { SIZE, type SizeRow } from './database.ts'

interface SettingRow {
  name: string
  value: string
  /** Differs from what the server has without any configuration. */
  changed: boolean
  database: string
  travels: boolean
}

const SESSION_SETTINGS = loadSql(import.meta.url, 'session-settings.sql')

/** initdb or the operator chooses these for each server, so that even unchanged ones may differ; and what that does. */
const CHOSEN_ANEW: Readonly<Record<string, string>> = {
  TimeZone: 'Times without a zone are read and shown in another one',
  DateStyle: 'Dates are read and shown in another order or style',
  IntervalStyle: 'Intervals are shown in another style',
  lc_monetary: 'Values of type money are read and shown in another way',
  lc_numeric: 'to_char and to_number use other signs',
  lc_time: 'to_char gives other names of days and months',
  default_text_search_config: 'to_tsvector and to_tsquery without a configuration find other words',
}

/**
 * What the source sets and the target does not is told by P02, with all parameters; here is what changes an
 * application's answers although nobody set it on the source.
 */
export const t09 = check<SettingRow, SettingRow>({
  id: 'T09',
  title: 'Sessions on the target begin with settings that give the same answers',
  severity: 'warning',
  paths: ['offline', 'online', 'files'],
  needs: 'target',
  source: SESSION_SETTINGS,
  target: SESSION_SETTINGS,
  assess: ({ source, target = [] }) => {
    const there = new Map(target.map((row) => [row.name, row]))
    return source.flatMap((row) => {
      const other = there.get(row.name)
      return other === undefined || row.travels ? [] : drift(row, other)
    })
  },
})

function drift(row: SettingRow, other: SettingRow): NewFinding[] {
  const effect = CHOSEN_ANEW[row.name]
  if (sameSetting(row.name, row.value, other.value)) return []
  // A new default of the target's major comes with the upgrade.
  if (effect === undefined && (row.changed || !other.changed)) return []
  return [
    {
      object: `parameter ${row.name}`,
      message: `${row.name} is '${row.value}' on the source and '${other.value}' on the target. ${effect ?? 'Applications that rely on it behave differently'}.`,
      fix: setInDatabase(row, other),
    },
  ]
}

function setInDatabase({ name, value }: SettingRow, { database }: SettingRow): Fix {
  const whom = `ALTER DATABASE ${quoteIdent(database)}`
  return {
    kind: 'sql',
    side: 'target',
    sql: `${whom} SET ${settingSql(name, value)};`,
    undo: `${whom} RESET ${quoteIdent(name)};`,
  }
}

/** `en_US.UTF-8` and `en_US.utf8` are one locale; `UTC` and `Etc/UTC` one time zone. */
function sameSetting(name: string, one: string, other: string): boolean {
  const plain = name.startsWith('lc_') ? plainLocale : name === 'TimeZone' ? plainZone : (value: string) => value
  return plain(one) === plain(other)
}

function plainLocale(name: string): string {
  return name === 'POSIX' ? 'c' : name.toLowerCase().replaceAll(/[-_]/gu, '')
}

function plainZone(name: string): string {
  const zone = name.toLowerCase().replace(/^etc\//u, '')
  return ['gmt', 'uct', 'zulu', 'universal', 'greenwich', 'gmt0', 'gmt+0', 'gmt-0'].includes(zone) ? 'utc' : zone
}

interface LoadRow {
  /** In megabytes. */
  max_wal_size: number
  autovacuum: boolean
  fsync: boolean
  full_page_writes: boolean
}

const LOAD = loadSql(import.meta.url, 'load.sql')

/** A load that is this many times larger than max_wal_size forces checkpoints all the time. */
const MANY_CHECKPOINTS = 8

export const t10 = check<LoadRow & { bytes: number }, LoadRow>({
  id: 'T10',
  title: 'The target is set up for the load, and for the time after it',
  severity: 'info',
  paths: ['offline', 'online', 'files'],
  needs: 'target',
  source: {
    probe: async ({ source }) => {
      // The sizes of many files take their time, and T08 asks for them, too.
      const [size] = await askOnce<SizeRow>(source, SIZE)
      const rows = await source.query<LoadRow>(LOAD)
      return rows.map((row) => ({ ...row, bytes: size?.database ?? 0 }))
    },
  },
  target: LOAD,
  assess: ({ source, target = [] }, pair) =>
    source.flatMap((from) =>
      target.flatMap((to) => [...checkpoints(from, to, pair), ...leftFromALoad(from, to, pair)]),
    ),
})

function checkpoints(from: { bytes: number }, to: LoadRow, pair: Pair): NewFinding[] {
  const limit = to.max_wal_size * 1024 ** 2
  if (from.bytes < MANY_CHECKPOINTS * limit) return []
  return [
    {
      object: 'parameter max_wal_size',
      message: `max_wal_size of the target is ${formatBytes(limit)}, and about ${formatBytes(from.bytes)} will be loaded: the target makes a checkpoint for each ${formatBytes(limit / 2)} or so, and writes more WAL for it. Raise it for the load, and set it back afterwards.`,
      fix: setParameter(pair, 'target', { name: 'max_wal_size', value: '16GB', needs: 'reload' }),
    },
  ]
}

const DANGEROUS_OFF = {
  autovacuum: 'tables bloat, and their statistics go stale',
  fsync: 'a crash of the machine can destroy the database',
  full_page_writes: 'a crash of the machine can destroy the database',
} as const

/** Settings that somebody turns off for a fast load, and forgets. */
function leftFromALoad(from: LoadRow, to: LoadRow, pair: Pair): NewFinding[] {
  const names = ['autovacuum', 'fsync', 'full_page_writes'] as const
  return names
    .filter((name) => from[name] && !to[name])
    .map((name) => ({
      object: `parameter ${name}`,
      severity: 'warning' as const,
      message: `${name} is on on the source and off on the target: after the migration, ${DANGEROUS_OFF[name]}.`,
      fix: setParameter(pair, 'target', { name, value: 'on', needs: 'reload' }),
    }))
}
