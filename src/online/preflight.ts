import { checkServers, tryToReach } from '../check/index.ts'
import { parseConnection, type ConnectionInfo, type Session, type Side } from '../connection/index.ts'
import { PgleapError, unreachable } from '../errors.ts'
import { readPowers, type Provider } from '../provider/index.ts'
import type { CheckReport, Finding, Fix } from '../report/index.ts'
import { loadSql, quoteIdent } from '../sql.ts'
import { isOwn, type Blocker, type OwnCheck } from './blocker.ts'
import type { OnlineStartOptions } from './options.ts'
import { preflightTables } from './preflight-tables.ts'
import { readOnlyItself, writersOnTarget } from './preflight-writers.ts'
import type { Sides } from './sides.ts'
import type { RuledTable } from './table-rules.ts'
import { openWriters, tellOfWriters, writersPast } from './writers.ts'

const RIGHTS = loadSql(import.meta.url, 'rights.sql')

interface Rights {
  role: string
  database: string
  owner: string
  may_close: boolean
  may_end: boolean
  may_see: boolean
  may_replicate: boolean
  member_of: string[]
}

export interface PreflightOptions {
  sides: Sides
  source: Session
  target: Session
  providers: Record<Side, Provider>
  options: OnlineStartOptions
  ruled: readonly RuledTable[]
}

/**
 * Looks, before anything is made, whether everything can be done up to the last rollback. Changes nothing. Returns who may
 * write to the target although it is closed, as he was told to go on.
 *
 * @throws PgleapError `online.not-ready` with all that is in the way and how to mend it; `online.not-known` where a check that
 *   may block could not look
 */
export async function preflight(preflightOptions: PreflightOptions): Promise<{ acceptedWriters: string[] }> {
  const { options, source, target } = preflightOptions
  const asked = new Set(options.skipChecks ?? [])
  const report = await checkServers({
    source: options.source,
    target: options.target,
    paths: ['online'],
    // Where the servers find each other elsewhere than we do, that is what we try, below.
    skip: [...asked, ...(options.sourceFromTarget === undefined ? [] : ['C02'])].filter((id) => !isOwn(id)),
    ...(options.onEvent === undefined ? {} : { onEvent: options.onEvent }),
    ...(options.signal === undefined ? {} : { signal: options.signal }),
  })
  const writers = await writersPast(target)
  const own = [
    ...(await readOnlyItself([source, target], report)),
    ...[
      ...(await ownBlockers(preflightOptions, report)),
      ...writersOnTarget(writers),
      ...(await preflightTables(preflightOptions)),
    ].filter(({ id }) => !asked.has(id)),
  ]
  const blockers = [...findingsThatBlock(report), ...own]
  if (blockers.length > 0) throw notReady(blockers)
  const blind = report.results.filter(({ status, severity }) => status === 'unknown' && severity === 'block')
  if (blind.length > 0) throw notKnown(blind)
  await tellOfWriters(source, { accepted: [], onEvent: options.onEvent })
  return { acceptedWriters: openWriters(writers, []).map(({ name }) => name) }
}

function findingsThatBlock({ results }: CheckReport): Finding[] {
  return results
    .flatMap((result) => (result.status === 'found' ? result.findings : []))
    .filter(({ severity }) => severity === 'block')
}

async function ownBlockers(
  { sides, source, target, providers, options }: PreflightOptions,
  report: CheckReport,
): Promise<Blocker[]> {
  const found: Blocker[] = []
  const [onSource] = await source.query<Rights>(RIGHTS)
  const [onTarget] = await target.query<Rights>(RIGHTS)
  if (onSource === undefined || onTarget === undefined) return found
  if (options.sourceFromTarget !== undefined) {
    found.push(...(await reach('reach', target, parseConnection(options.sourceFromTarget))))
  }
  found.push(...closing('source', onSource), ...closing('target', onTarget), ...ending('source', onSource))
  if (options.wayBack === 'without') return found
  found.push(
    ...ending('target', onTarget),
    ...(await wayBack(source, onTarget, { provider: providers.target, report })),
    ...(await reach('way-back', source, backTo(options, sides))),
  )
  return found
}

function backTo({ targetFromSource }: OnlineStartOptions, sides: Sides): ConnectionInfo {
  return targetFromSource === undefined ? sides.target : parseConnection(targetFromSource)
}

async function reach(id: OwnCheck, from: Session, to: ConnectionInfo): Promise<Blocker[]> {
  const refusal = await tryToReach(from, to)
  // Whoever may not try is told so by the check of the rights.
  if (refusal?.kind !== 'no connection') return []
  const other = from.side === 'source' ? 'target' : 'source'
  return [
    {
      id,
      object: `${from.side} server`,
      message: `The ${from.side} server cannot open a connection to the ${other}, which a subscription does: ${refusal.says}`,
      fix: {
        kind: 'advice',
        text: `Let the ${from.side} in at the ${other} (firewall, pg_hba.conf), or say where it finds it with --${other}-from-${from.side}.`,
      },
    },
  ]
}

/** Only the owner may ALTER DATABASE ... SET, which closes the side that is not written to. */
function closing(side: Side, { role, database, owner, may_close: mayClose }: Rights): Blocker[] {
  if (mayClose) return []
  return [
    {
      id: 'close',
      object: `database ${database} of the ${side}`,
      message: `${role} may not close it to writes: that takes the rights of its owner, ${owner}.`,
      fix: grant(side, quoteIdent(owner), role),
    },
  ]
}

function ending(side: Side, { role, may_end: mayEnd, may_see: maySee }: Rights): Blocker[] {
  const found: Blocker[] = []
  const object = `role ${role} on the ${side}`
  if (!mayEnd) {
    found.push({
      id: 'end-sessions',
      object,
      message: `${role} may not end the application's sessions, which a switch does once their transactions are over.`,
      fix: grant(side, 'pg_signal_backend', role),
    })
  }
  if (!maySee) {
    found.push({
      id: 'end-sessions',
      object,
      message: `${role} does not see which sessions are the application's: those would have to be ended, and no others.`,
      fix: grant(side, 'pg_read_all_stats', role),
    })
  }
  return found
}

function grant(side: Side, what: string, role: string): Fix {
  const grantee = quoteIdent(role)
  return { kind: 'sql', side, sql: `GRANT ${what} TO ${grantee};`, undo: `REVOKE ${what} FROM ${grantee};` }
}

/** What the stream from the target to the source takes. */
async function wayBack(
  source: Session,
  target: Rights,
  { provider, report }: { provider: Provider; report: CheckReport },
): Promise<Blocker[]> {
  const found: Blocker[] = []
  for (const result of report.results) {
    if (result.id !== 'T03' || result.status !== 'found') continue
    for (const { id: _id, severity: _severity, ...finding } of result.findings)
      found.push({ ...finding, id: 'way-back' })
  }
  const how = provider.replication.grant
  const group = /^GRANT (\w+) TO \$role$/iu.exec(how ?? '')?.[1]
  if (!target.may_replicate && !(group !== undefined && target.member_of.includes(group))) {
    const sql = how?.replaceAll('$role', () => quoteIdent(target.role))
    found.push({
      id: 'way-back',
      object: `role ${target.role} on the target`,
      message: `${target.role} may not open a replication connection to the target, which the way back takes.`,
      fix:
        sql === undefined
          ? { kind: 'advice', text: provider.replication.note ?? 'Ask the service how a role gets it.' }
          : { kind: 'sql', side: 'target', sql: `${sql};` },
    })
  }
  const { createSubscription, refusals } = await readPowers(source, 'probe')
  if (createSubscription === 'no') {
    found.push({
      id: 'way-back',
      object: `role ${source.user} on the source`,
      message: `${source.user} may not make a subscription on the source: ${refusals['createSubscription'] ?? 'permission denied'}.`,
      fix:
        source.major >= 16
          ? grant('source', 'pg_create_subscription', source.user)
          : {
              kind: 'advice',
              text: 'Before PostgreSQL 16 only superusers make subscriptions: name one for the source, or do without a way back (--no-way-back).',
            },
    })
  }
  return found
}

function notReady(blockers: readonly (Finding | Blocker)[]): PgleapError {
  const list = blockers.map(({ id, object, message, fix }) => {
    const about = object === undefined ? '' : `${object}: `
    return `\n  ${id}  ${about}${message}${fix === undefined ? '' : `\n       ${fixText(fix)}`}`
  })
  const isAboutWayBack = blockers.some(({ id }) => id === 'way-back')
  return new PgleapError({
    code: 'online.not-ready',
    message: `An online migration cannot begin; ${blockers.length === 1 ? 'this is' : `these ${String(blockers.length)} things are`} in the way:${list.join('')}`,
    hint: `Nothing was changed. Mend ${blockers.length === 1 ? 'it' : 'them'} and start again, or go on all the same with --skip-check ID${isAboutWayBack ? '; --no-way-back does without a rollback' : ''}.`,
    party: 'findings',
  })
}

function fixText(fix: Fix): string {
  switch (fix.kind) {
    case 'sql':
      return `on the ${fix.side}: ${fix.sql}`
    case 'parameter':
      return `on the ${fix.side}: ${fix.name} = ${fix.value} (${fix.needs})`
    case 'advice':
      return fix.text
    default:
      return unreachable(fix)
  }
}

function notKnown(blind: CheckReport['results']): PgleapError {
  const list = blind.map((result) => `${result.id} (${result.title}): ${'reason' in result ? result.reason : ''}`)
  return new PgleapError({
    code: 'online.not-known',
    message: `Whether an online migration can begin is not known: ${list.join('; ')}`,
    hint: 'Nothing was changed. Mend why it cannot be looked at, or go on all the same with --skip-check ID.',
    party: 'partial',
  })
}
