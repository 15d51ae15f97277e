import { loadSql } from '../../sql.ts'
import { formatBytes, formatDuration } from '../../units.ts'
import type { NewFinding, Pair } from '../check.ts'
import { check } from '../check.ts'
import { setParameter } from '../parameter.ts'
import { numeric, REPLICATION, type ReplicationRow } from '../replication.ts'

const MB = 1024 ** 2

export const s05 = check<ReplicationRow>({
  id: 'S05',
  title: 'The source does not drop a slot that waits for the copy',
  severity: 'warning',
  paths: ['online'],
  source: REPLICATION,
  assess: ({ source }, pair) => source.flatMap((row) => [...keepSize(row, pair), ...idleTimeout(row, pair)]),
})

function keepSize(row: ReplicationRow, pair: Pair): NewFinding[] {
  const limit = (numeric(row, 'max_slot_wal_keep_size') ?? -1) * MB
  if (limit < 0) return []
  const small = limit < row.bytes
  return [
    {
      object: 'max_slot_wal_keep_size',
      ...(small ? { severity: 'error' as const } : {}),
      message: `A slot that holds back more than ${formatBytes(limit)} of WAL is invalidated${small ? `, which is less than the database (${formatBytes(row.bytes)})` : ''}. Our slot holds WAL back for as long as the copy lasts; if it is lost, the online migration begins anew.`,
      fix: setParameter(pair, 'source', { name: 'max_slot_wal_keep_size', value: '-1', needs: 'reload' }),
    },
  ]
}

/** Our slot has no reader until the copy is done, and an invalidated slot is of no use (slot.c, PostgreSQL 18). */
function idleTimeout(row: ReplicationRow, pair: Pair): NewFinding[] {
  const seconds = numeric(row, 'idle_replication_slot_timeout') ?? 0
  if (seconds === 0) return []
  return [
    {
      object: 'idle_replication_slot_timeout',
      severity: 'error',
      message: `A slot that nobody reads from for ${formatDuration(seconds * 1000)} is invalidated, and ours has no reader until the copy is done: a copy that lasts longer is in vain.`,
      fix: setParameter(pair, 'source', { name: 'idle_replication_slot_timeout', value: '0', needs: 'reload' }),
    },
  ]
}

/** The server's default for both; a busy apply or a slow network takes seconds to answer. */
const SHORT_TIMEOUT_MS = 60_000

export const s07 = check<ReplicationRow, ReplicationRow>({
  id: 'S07',
  title: 'Replication connections are not given up too soon',
  severity: 'warning',
  paths: ['online'],
  source: REPLICATION,
  target: REPLICATION,
  assess: ({ source, target = [] }, pair) => [
    ...source.flatMap((row) => timeout('source', 'wal_sender_timeout', row, pair)),
    ...target.flatMap((row) => timeout('target', 'wal_receiver_timeout', row, pair)),
  ],
})

function timeout(side: 'source' | 'target', name: string, row: ReplicationRow, pair: Pair): NewFinding[] {
  const ms = numeric(row, name) ?? 0
  if (ms === 0 || ms >= SHORT_TIMEOUT_MS) return []
  return [
    {
      object: name,
      message: `The ${side} ends a replication connection that is silent for ${formatDuration(ms)}. A target that applies a large transaction can be silent for longer; then the same transaction is sent again and again.`,
      fix: setParameter(pair, side, { name, value: '60s', needs: 'reload' }),
    },
  ]
}

interface SpillRow {
  name: string
  spilled: number
  decoded: number
  memory: string
}

/** Share of what a slot has decoded that went through files, from which on more memory is worth it. */
const MUCH_SPILLED = 0.1

export const s08 = check<SpillRow>({
  id: 'S08',
  title: 'Decoding fits into logical_decoding_work_mem',
  severity: 'warning',
  paths: ['online'],
  // Nobody counts what is spilled before PostgreSQL 14.
  when: ({ source }) => source.major >= 14,
  source: loadSql(import.meta.url, 'spilled.sql'),
  assess: ({ source }, pair) =>
    source
      .filter(({ spilled, decoded }) => spilled > decoded * MUCH_SPILLED)
      .map(({ name, spilled, decoded, memory }) => ({
        object: `slot ${name}`,
        message: `Of ${formatBytes(decoded)} that this slot has decoded, ${formatBytes(spilled)} did not fit into logical_decoding_work_mem (${memory}) and went through files. The stream to the target reads the same transactions, and each decoding process may use that much.`,
        fix: setParameter(pair, 'source', { name: 'logical_decoding_work_mem', value: '256MB', needs: 'reload' }),
      })),
})

export const s19 = check<ReplicationRow, ReplicationRow>({
  id: 'S19',
  title: 'A subscription cannot become a synchronous standby',
  severity: 'error',
  paths: ['online'],
  source: REPLICATION,
  target: REPLICATION,
  assess: ({ source, target = [] }, pair) => [
    ...source.flatMap((row) => anyStandby('source', row, pair)),
    ...target.flatMap((row) => anyStandby('target', row, pair)),
  ],
})

/** `*` stands for any application_name, and a subscription's is its name (syncrep.c). */
function anyStandby(side: 'source' | 'target', row: ReplicationRow, pair: Pair): NewFinding[] {
  const names = row.settings['synchronous_standby_names'] ?? ''
  if (!/(^|[\s,(])\*/u.test(names)) return []
  const stream = side === 'source' ? 'our stream to the target' : 'the stream back after the cutover'
  return [
    {
      object: 'synchronous_standby_names',
      message: `synchronous_standby_names of the ${side} is '${names}', which takes in ${stream}: commits of the application would wait for it.`,
      fix: setParameter(pair, side, {
        name: 'synchronous_standby_names',
        value: 'the names of the physical standbys in place of *',
        needs: 'reload',
      }),
    },
  ]
}

const COMMIT_TIMESTAMPS = "SELECT pg_catalog.current_setting('track_commit_timestamp')::pg_catalog.bool AS recorded"

export const s20 = check<{ recorded: boolean }, { recorded: boolean }>({
  id: 'S20',
  title: 'Commit timestamps are recorded on the target as on the source',
  about: 'server',
  severity: 'info',
  paths: ['offline', 'online', 'files'],
  needs: 'target',
  source: COMMIT_TIMESTAMPS,
  target: COMMIT_TIMESTAMPS,
  assess: ({ source, target = [] }, pair) => {
    if (!source.some(({ recorded }) => recorded) || target.some(({ recorded }) => recorded)) return []
    return [
      {
        object: 'track_commit_timestamp',
        message:
          'The source records when each transaction was committed, and the target does not. What it has recorded does not travel; pg_xact_commit_timestamp() is an error there until it is on.',
        fix: setParameter(pair, 'target', { name: 'track_commit_timestamp', value: 'on', needs: 'restart' }),
      },
    ]
  },
})
