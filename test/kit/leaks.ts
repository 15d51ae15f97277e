import { setTimeout as sleep } from 'node:timers/promises'
import { connectClient } from './client.ts'
import type { Server } from './server.ts'

/** A server ends a session a moment after its client left. */
const PATIENCE_MS = 2_000

/** What code under test may leave behind on a server; `key` tells one from the other over time. */
export interface Leak {
  readonly key: string
  readonly what: string
}

const SNAPSHOT_OF_LEAKS = `
select 'session ' || pid || ' ' || backend_start as key,
       format('session %s of %s in database %s, %s: %s', pid, application_name, datname, state, left(query, 200)) as what
  from pg_stat_activity
 where application_name like 'pgleap%' and ($1::text is null or datname = $1)
union all
select 'slot ' || slot_name, format('replication slot %s in database %s', slot_name, database)
  from pg_replication_slots
 where $1::text is null or database = $1
union all
select 'transaction ' || transaction, format('prepared transaction %L in database %s', gid, database)
  from pg_prepared_xacts
 where $1::text is null or database = $1
union all
select 'snapshot ' || file, format('exported snapshot %s', file)
  from pg_ls_dir('pg_snapshots') as file
 where $1::text is null`

/** What is there now, on the whole server or in one database. */
export async function presentLeaks(server: Server, database?: string): Promise<Leak[]> {
  await using client = await connectClient(server.url(undefined, undefined))
  const { rows } = await client.query<Leak>(SNAPSHOT_OF_LEAKS, [database ?? null])
  return rows
}

/** What is there now and was not among `before`, and still is there after two seconds. */
export async function lastingLeaks(server: Server, before: readonly Leak[], database?: string): Promise<Leak[]> {
  const known = new Set(before.map(({ key }) => key))
  const deadline = Date.now() + PATIENCE_MS
  for (;;) {
    const leaks = (await presentLeaks(server, database)).filter(({ key }) => !known.has(key))
    if (leaks.length === 0 || Date.now() > deadline) return leaks
    await sleep(20)
  }
}

export function describeLeaks(server: Server, leaks: readonly Leak[]): string {
  const list = leaks.map(({ what }) => `\n  ${what}`)
  return `Left behind on the server of major ${server.major}:${list.join('')}`
}
