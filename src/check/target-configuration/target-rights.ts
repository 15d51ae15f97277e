import { isReserved, readPowers } from '../../provider/index.ts'
import type { Fix } from '../../report/index.ts'
import { loadSql, quoteIdent } from '../../sql.ts'
import { formatCount } from '../../units.ts'
import type { NewFinding, Pair, ProbeEnds } from '../check.ts'
import { check } from '../check.ts'

interface OwnerRow {
  role: string
  objects: number
  example: string
}

interface RightsRow {
  role: string
  database: string
  may_create: boolean
  /** Roles that ours may not give objects to. */
  out_of_reach: string[]
  /** What the target said to a subscription that was tried; undefined where it took one, or where nobody asked. */
  subscription: string | undefined
}

const OUR_RIGHTS = loadSql(import.meta.url, 'our-rights.sql')

export const t05 = check<OwnerRow, RightsRow>({
  id: 'T05',
  title: 'Our role may do on the target what a migration does',
  severity: 'block',
  paths: ['offline', 'online', 'files'],
  needs: 'target',
  source: loadSql(import.meta.url, 'owners.sql'),
  target: { probe: rights },
  assess: ({ source, target = [] }, pair) =>
    target.flatMap((row) => [...create(row), ...subscribe(row, pair), ...giveAway(row, source, pair)]),
})

/** Whether it may make a subscription is tried, and rolled back: services have rules of their own, and only the server knows them. */
async function rights({ target, open, pair, signal }: ProbeEnds): Promise<RightsRow[]> {
  const rows = (await target?.query<Omit<RightsRow, 'subscription'>>(OUR_RIGHTS)) ?? []
  if (!pair.paths.has('online')) return rows.map((row) => ({ ...row, subscription: undefined }))
  await using session = await open('target', 'powers')
  const { createSubscription, refusals } = await readPowers(session, 'probe', { signal })
  const subscription = createSubscription === 'no' ? (refusals['createSubscription'] ?? 'permission denied') : undefined
  return rows.map((row) => ({ ...row, subscription }))
}

function create({ role, database, may_create: mayCreate }: RightsRow): NewFinding[] {
  if (mayCreate) return []
  const target = `DATABASE ${quoteIdent(database)}`
  return [
    {
      object: `role ${role}`,
      message: `${role} may not create schemas in database ${database} of the target, and a run makes those of the source and one for its ledger.`,
      fix: {
        kind: 'sql',
        side: 'target',
        sql: `GRANT CREATE ON ${target} TO ${quoteIdent(role)};`,
        undo: `REVOKE CREATE ON ${target} FROM ${quoteIdent(role)};`,
      },
    },
  ]
}

function subscribe({ role, may_create: mayCreate, subscription }: RightsRow, pair: Pair): NewFinding[] {
  // Without CREATE on the database the answer is about that, and said already.
  if (subscription === undefined || !mayCreate) return []
  return [
    {
      object: `subscription of ${role}`,
      message: `${role} may not make a subscription on the target: ${subscription}.`,
      fix: subscriptionRight(role, pair),
    },
  ]
}

function subscriptionRight(role: string, { target: { major, provider } }: Pair): Fix {
  if (major >= 16) {
    const grantee = quoteIdent(role)
    return {
      kind: 'sql',
      side: 'target',
      sql: `GRANT pg_create_subscription TO ${grantee};`,
      undo: `REVOKE pg_create_subscription FROM ${grantee};`,
    }
  }
  const note = provider.replication.note ?? `Before PostgreSQL 16, a superuser makes subscriptions.`
  return { kind: 'advice', text: `Connect as a role that may. ${note}` }
}

function giveAway(
  { role, out_of_reach: outOfReach }: RightsRow,
  owners: readonly OwnerRow[],
  pair: Pair,
): NewFinding[] {
  const far = new Set(outOfReach)
  const set = pair.target.major >= 16 ? ' WITH SET TRUE' : ''
  return owners
    .filter((owner) => far.has(owner.role) && !isReserved(pair.target.provider, 'role', owner.role))
    .map((owner) => ({
      object: `role ${owner.role}`,
      severity: 'warning' as const,
      message: `It owns ${owner.objects === 1 ? owner.example : `${formatCount(owner.objects)} objects (${owner.example})`} on the source, and ${role} may not give objects to it on the target: they stay ${role}'s own.`,
      fix: {
        kind: 'sql' as const,
        side: 'target' as const,
        sql: `GRANT ${quoteIdent(owner.role)} TO ${quoteIdent(role)}${set};`,
        undo: `REVOKE ${quoteIdent(owner.role)} FROM ${quoteIdent(role)};`,
      },
    }))
}
