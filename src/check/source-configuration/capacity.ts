import type { NewFinding, Pair } from '../check.ts'
import { check } from '../check.ts'
import { counted } from '../names.ts'
import { setParameter, turnOnLogicalDecoding } from '../parameter.ts'
import { REPLICATION, room, syncWorkers, type ReplicationRow, type Room } from '../replication.ts'

/** From PostgreSQL 19 on, `replica` is enough: a logical slot raises the level by itself (logicalctl.c). */
const RAISES_WAL_LEVEL_ITSELF = 19

export const s01 = check<ReplicationRow>({
  id: 'S01',
  title: 'wal_level is logical on the source',
  severity: 'block',
  paths: ['online'],
  source: REPLICATION,
  assess: ({ source }, pair) => source.flatMap((row) => walLevel(row, pair)),
})

function walLevel(row: ReplicationRow, pair: Pair): NewFinding[] {
  const level = row.settings['wal_level'] ?? ''
  const { provider, major } = pair.source
  if (level === 'logical' || (level === 'replica' && major >= RAISES_WAL_LEVEL_ITSELF)) return []
  const { logical, note } = provider.replication
  if (logical === 'no') {
    return [
      {
        object: 'wal_level',
        message: `wal_level is ${level}, and ${provider.name} does not offer logical replication, so the online path is not open from here.`,
        fix: { kind: 'advice', text: 'Migrate offline: pgleap migrate.' },
      },
    ]
  }
  return [
    {
      object: 'wal_level',
      message: `wal_level is ${level}, so the source writes no WAL that changes can be read from.${note === undefined ? '' : ` ${note}`}`,
      fix: turnOnLogicalDecoding(pair, 'source'),
    },
  ]
}

export const s02 = check<ReplicationRow, ReplicationRow>({
  id: 'S02',
  title: 'The source has replication slots to spare',
  severity: 'block',
  paths: ['online'],
  source: REPLICATION,
  target: REPLICATION,
  assess: ({ source, target }, pair) =>
    source.flatMap((row) =>
      shortOf(room(row, 'max_replication_slots', row.slots), syncWorkers(target?.[0]), 'replication slot', pair),
    ),
})

export const s03 = check<ReplicationRow, ReplicationRow>({
  id: 'S03',
  title: 'The source has WAL senders to spare',
  severity: 'block',
  paths: ['online'],
  source: REPLICATION,
  target: REPLICATION,
  assess: ({ source, target }, pair) =>
    source.flatMap((row) =>
      shortOf(room(row, 'max_wal_senders', row.senders), syncWorkers(target?.[0]), 'WAL sender', pair),
    ),
})

/** One for the stream of each database; more where tables have to be copied anew after a crash. */
function shortOf({ name, most, free }: Room, sync: number, noun: string, pair: Pair): NewFinding[] {
  if (free >= 1 + sync) return []
  const used = most - free
  const value = String(used + 1 + sync)
  const what = `${String(used)} of ${counted(most, noun)} (${name}) ${used === 1 ? 'is' : 'are'} in use.`
  const fix = setParameter(pair, 'source', { name, value, needs: 'restart' })
  if (free < 1) {
    return [{ object: name, message: `${what} The stream to the target needs one.`, fix }]
  }
  return [
    {
      object: name,
      severity: 'warning',
      message: `${what} The stream to the target takes one; where a crash interrupts the copy, tables that are copied anew take ${String(sync)} more (max_sync_workers_per_subscription of the target).`,
      fix,
    },
  ]
}
