import type { ConnectionInfo, Session, Side } from '../../connection/index.ts'
import type { NewFinding } from '../check.ts'
import { cannotTell } from '../cannot-tell.ts'
import { check } from '../check.ts'
import type { Check, ProbeEnds } from '../check.ts'
import { loadSql } from '../../sql.ts'
import { formatDuration } from '../../units.ts'
import { tryToReach } from './reach.ts'

const TLS = loadSql(import.meta.url, 'tls.sql')

interface TlsRow {
  encrypted: boolean
  protocol: string | null
  local: boolean
}

/** C02. A subscription that is rolled back connects from the target to the source for real, and leaves nothing. */
const reachable = check<{ says: string }>({
  id: 'C02',
  title: 'The target can reach the source',
  severity: 'block',
  paths: ['online'],
  needs: 'target',
  source: { probe: reachFromTarget },
  assess: ({ source }) =>
    source.map(({ says }) => ({
      message: `The target server cannot open a connection to the source, which a subscription does: ${says}`,
      fix: {
        kind: 'advice',
        text: 'Let the target in at the source: firewall or security group, pg_hba.conf, and a host name that is known on the target, too.',
      },
    })),
})

async function reachFromTarget(ends: ProbeEnds): Promise<{ says: string }[]> {
  await using target = await ends.open('target', 'check: reach the source')
  const refusal = await tryToReach(target, ends.info.source)
  if (refusal === undefined) return []
  if (refusal.kind === 'no connection') return [{ says: refusal.says }]
  throw cannotTell(
    'target',
    `The target does not let ${target.user} try a subscription: ${refusal.says}`,
    'Check as the user who is going to make it.',
  )
}

/** C03 */
const encrypted = check<TlsRow, TlsRow>({
  id: 'C03',
  title: 'Connections are encrypted',
  about: 'server',
  severity: 'warning',
  paths: ['offline', 'online', 'files', 'roles'],
  source: TLS,
  target: TLS,
  assess: ({ source, target }) => [...clearText('source', source), ...clearText('target', target ?? [])],
})

/** Pure, for it takes a network to see it happen. */
export function clearText(side: Side, rows: readonly TlsRow[]): NewFinding[] {
  return rows
    .filter((row) => !row.encrypted && !row.local)
    .map(() => ({
      object: side,
      message: `The connection to the ${side} is not encrypted: rows, and perhaps the password, cross the network in clear.`,
      fix: { kind: 'advice', text: 'Turn TLS on there (ssl = on), and connect with sslmode=verify-full.' },
    }))
}

/** C05. `connect` refuses poolers that share connections; replication does not pass the others either. */
const direct = check<{ side: Side; where: string }>({
  id: 'C05',
  title: 'No connection pooler lies in between',
  about: 'server',
  severity: 'warning',
  paths: ['offline', 'online', 'files', 'roles'],
  source: {
    probe: ({ info }) =>
      Promise.resolve([...poolerSigns('source', info.source), ...poolerSigns('target', info.target)]),
  },
  assess: ({ source }, pair) =>
    source.map(({ side, where }) => ({
      object: side,
      ...(pair.paths.has('online') && side === 'source' ? { severity: 'block' } : {}),
      message: `The ${side} is reached at ${where}, which looks like a connection pooler; it ends idle sessions, limits their number and passes no replication.`,
      fix: {
        kind: 'advice',
        text: 'Connect to the server itself: often port 5432, or a host name without "-pooler".',
      },
    })),
})

/** By the addresses that services give their poolers (Neon, Supabase) and PgBouncer's usual port. */
export function poolerSigns(side: Side, info: ConnectionInfo | undefined): { side: Side; where: string }[] {
  return (info?.hosts ?? [])
    .filter(({ host, port }) => /-pooler\.|\.pooler\./u.test(host) || port === 6432 || port === 6543)
    .map(({ host, port }) => ({ side, where: `${host}:${String(port)}` }))
}

/** C12 */
const clocks = check<{ side: Side; aheadMs: number }>({
  id: 'C12',
  title: 'The clocks of both servers agree',
  about: 'server',
  severity: 'info',
  paths: ['offline', 'online'],
  needs: 'target',
  source: {
    probe: async ({ source, target }) => [
      { side: 'source', aheadMs: await clockAhead(source) },
      ...(target === undefined ? [] : [{ side: 'target' as const, aheadMs: await clockAhead(target) }]),
    ],
  },
  assess: ({ source }) => skew(source),
})

async function clockAhead(session: Session): Promise<number> {
  const before = Date.now()
  const [row] = await session.query<{ ms: number }>(
    'SELECT (extract(epoch FROM pg_catalog.clock_timestamp()) * 1000)::pg_catalog.float8 AS ms',
  )
  return (row?.ms ?? before) - (before + Date.now()) / 2
}

const NOTABLE_SKEW_MS = 2_000

export function skew(rows: readonly { side: Side; aheadMs: number }[]): NewFinding[] {
  const of = (side: Side) => rows.find((row) => row.side === side)?.aheadMs ?? 0
  const ms = of('target') - of('source')
  if (Math.abs(ms) < NOTABLE_SKEW_MS) return []
  return [
    {
      message: `The target's clock is ${formatDuration(Math.abs(ms))} ${ms > 0 ? 'ahead of' : 'behind'} the source's: now() jumps when applications move.`,
      fix: { kind: 'advice', text: 'Have both servers set their clocks by NTP.' },
    },
  ]
}

/** C13 */
const distance = check<{ side: Side; ms: number }>({
  id: 'C13',
  title: 'A round trip to each server is short',
  about: 'server',
  severity: 'info',
  paths: ['offline', 'online'],
  source: {
    probe: async ({ source, target }) => [
      { side: 'source', ms: await roundTrip(source) },
      ...(target === undefined ? [] : [{ side: 'target' as const, ms: await roundTrip(target) }]),
    ],
  },
  assess: ({ source }) => far(source),
})

const TRIPS = 5
const LONG_TRIP_MS = 20

/** The fastest of a few: what the network takes at least. */
async function roundTrip(session: Session): Promise<number> {
  let best = Infinity
  for (let trip = 0; trip < TRIPS; trip += 1) {
    const before = performance.now()
    await session.query('SELECT')
    best = Math.min(best, performance.now() - before)
  }
  return best
}

export function far(rows: readonly { side: Side; ms: number }[]): NewFinding[] {
  return rows
    .filter(({ ms }) => ms >= LONG_TRIP_MS)
    .map(({ side, ms }) => ({
      object: side,
      message: `A round trip to the ${side} takes ${formatDuration(ms)}: every statement waits that long, and many small tables take their time.`,
      fix: { kind: 'advice', text: 'Run pgleap on a machine near the servers, best in the network of the target.' },
    }))
}

export const network: readonly Check[] = [reachable, encrypted, direct, clocks, distance]
