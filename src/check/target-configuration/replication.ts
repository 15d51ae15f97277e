import type { Side } from '../../connection/index.ts'
import type { NewFinding, Pair } from '../check.ts'
import { check } from '../check.ts'
import { counted } from '../names.ts'
import { setParameter, turnOnLogicalDecoding } from '../parameter.ts'
import { numeric, originRoom, REPLICATION, room, syncWorkers, type ReplicationRow, type Room } from '../replication.ts'

export const t01 = check<never, ReplicationRow>({
  id: 'T01',
  title: 'The target has workers to spare for a subscription',
  severity: 'block',
  paths: ['online'],
  target: REPLICATION,
  assess: ({ target = [] }, pair) =>
    target.flatMap((row) => [
      ...shortOf(room(row, 'max_logical_replication_workers', row.workers), row, 'worker', pair),
      ...fewProcesses(row, pair),
    ]),
})

export const t02 = check<never, ReplicationRow>({
  id: 'T02',
  title: 'The target has replication origins to spare',
  severity: 'block',
  paths: ['online'],
  target: REPLICATION,
  assess: ({ target = [] }, pair) => target.flatMap((row) => shortOf(originRoom(row), row, 'replication origin', pair)),
})

/** One for the subscription; more where tables have to be copied anew after a crash. */
function shortOf({ name, most, free }: Room, row: ReplicationRow, noun: string, pair: Pair): NewFinding[] {
  const sync = syncWorkers(row)
  if (free >= 1 + sync) return []
  const used = most - free
  const what = `${String(used)} of ${counted(most, noun)} (${name}) ${used === 1 ? 'is' : 'are'} in use.`
  const fix = setParameter(pair, 'target', { name, value: String(used + 1 + sync), needs: 'restart' })
  if (free < 1) return [{ object: name, message: `${what} The subscription to the source needs one.`, fix }]
  return [
    {
      object: name,
      severity: 'warning',
      message: `${what} The subscription to the source takes one; where a crash interrupts the copy, tables that are copied anew take ${String(sync)} more (max_sync_workers_per_subscription).`,
      fix,
    },
  ]
}

/** The launcher and all workers of subscriptions come out of max_worker_processes (bgworker.c); parallel queries, too. */
function fewProcesses(row: ReplicationRow, pair: Pair): NewFinding[] {
  const name = 'max_worker_processes'
  const most = numeric(row, name) ?? 0
  const needed = 2 + row.workers
  if (most >= needed + syncWorkers(row)) return []
  return [
    {
      object: name,
      ...(most >= needed ? { severity: 'warning' as const } : {}),
      message: `${name} is ${String(most)}. The launcher of logical replication and each subscription's worker take one (${String(needed)} with ours), tables that are copied anew ${String(syncWorkers(row))} more, and parallel queries share the rest.`,
      fix: setParameter(pair, 'target', {
        name,
        value: String(Math.max(8, needed + syncWorkers(row))),
        needs: 'restart',
      }),
    },
  ]
}

export const t03 = check<ReplicationRow, ReplicationRow>({
  id: 'T03',
  title: 'The way back is open: the target can send, and the source can receive',
  severity: 'error',
  paths: ['online'],
  needs: 'target',
  source: REPLICATION,
  target: REPLICATION,
  assess: ({ source, target = [] }, pair) => [
    ...target.flatMap((row) => sender(row, pair)),
    ...source.flatMap((row) => receiver(row, pair)),
  ],
})

const NO_WAY_BACK = 'Without it, nothing that is written after the cutover can be brought back to the source.'

function sender(row: ReplicationRow, pair: Pair): NewFinding[] {
  const level = row.settings['wal_level'] ?? ''
  const raisesItself = level === 'replica' && pair.target.major >= 19
  const found = noneLeft('target', pair, [
    room(row, 'max_replication_slots', row.slots),
    room(row, 'max_wal_senders', row.senders),
  ])
  if (level === 'logical' || raisesItself) return found
  return [
    {
      object: 'wal_level on the target',
      message: `wal_level of the target is ${level}. ${NO_WAY_BACK}`,
      fix: turnOnLogicalDecoding(pair, 'target'),
    },
    ...found,
  ]
}

function receiver(row: ReplicationRow, pair: Pair): NewFinding[] {
  return noneLeft('source', pair, [room(row, 'max_logical_replication_workers', row.workers), originRoom(row)])
}

function noneLeft(side: Side, pair: Pair, rooms: readonly Room[]): NewFinding[] {
  return rooms
    .filter(({ free }) => free < 1)
    .map(({ name, most }) => ({
      object: `${name} on the ${side}`,
      message: `All ${String(most)} of ${name} on the ${side} are in use. ${NO_WAY_BACK}`,
      fix: setParameter(pair, side, { name, value: String(most + 1), needs: 'restart' }),
    }))
}
