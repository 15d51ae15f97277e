import { identifyServer, isSameDatabase } from '../../connection/index.ts'
import type { Session, Side } from '../../connection/index.ts'
import { loadSql } from '../../sql.ts'
import { check } from '../check.ts'
import type { Check, NewFinding, ProbeEnds } from '../check.ts'
import { badReleases, releases } from './releases.ts'

const RECOVERY = loadSql(import.meta.url, 'recovery.sql')
const VERSION = loadSql(import.meta.url, 'version.sql')

const OLDEST_SOURCE = 10

interface RecoveryRow {
  standby: boolean
}

/** C06 */
const primaries = check<RecoveryRow & { servers: number }, RecoveryRow>({
  id: 'C06',
  title: 'Each side is one server, and takes writes where it has to',
  about: 'server',
  severity: 'block',
  paths: ['offline', 'online', 'roles'],
  source: { probe: standbyOrSeveral },
  target: RECOVERY,
  assess: ({ source, target = [] }, pair) => [
    ...source.flatMap(({ standby, servers }) => [
      ...(servers > 1 ? [severalServers()] : []),
      ...(standby ? [standbySource(pair.paths.has('online'))] : []),
    ]),
    ...target.filter(({ standby }) => standby).map(() => standbyTarget()),
  ],
})

/** How many servers a few sessions come to: no two have the same start, to the microsecond. */
async function standbyOrSeveral(ends: ProbeEnds): Promise<(RecoveryRow & { servers: number })[]> {
  const starts = new Set([await startOf(ends.source)])
  for (let session = 0; session < 2; session += 1) {
    await using another = await ends.open('source', 'check: one server')
    starts.add(await startOf(another))
  }
  const [recovery] = await ends.source.query<RecoveryRow>(RECOVERY)
  return [{ standby: recovery?.standby === true, servers: starts.size }]
}

async function startOf(session: Session): Promise<string> {
  const { startedAt } = await identifyServer(session)
  return startedAt
}

function severalServers(): NewFinding {
  return {
    object: 'source',
    message:
      'Sessions on the source come to different servers: they share no snapshot, so a copy would mix two moments.',
    fix: { kind: 'advice', text: 'Name the one server itself, not an address that spreads connections.' },
  }
}

function standbySource(online: boolean): NewFinding {
  return {
    object: 'source',
    severity: online ? 'block' : 'warning',
    message: online
      ? 'The source is a standby: nothing can be published there.'
      : 'The source is a standby: a conflict with the recovery may cancel a long copy, which then begins anew.',
    fix: {
      kind: 'advice',
      text: 'Connect to the primary, or for an offline copy set hot_standby_feedback = on for its time.',
    },
  }
}

function standbyTarget(): NewFinding {
  return {
    object: 'target',
    message: 'The target is a standby, which cannot be written to.',
    fix: {
      kind: 'advice',
      text: 'Connect to the primary, for example with target_session_attrs=primary and all hosts.',
    },
  }
}

/** C07 */
const different = check<{ database: string; same: 'database' | 'server' }>({
  id: 'C07',
  title: 'Source and target are different servers',
  severity: 'block',
  paths: ['offline', 'online', 'files', 'roles'],
  needs: 'target',
  source: { probe: sameness },
  assess: ({ source }) =>
    source.map(({ database, same }): NewFinding =>
      same === 'database'
        ? {
            object: `database ${database}`,
            message: 'Source and target are the same database.',
            fix: { kind: 'advice', text: 'Check the two connection strings.' },
          }
        : {
            object: `database ${database}`,
            severity: 'info',
            message:
              'Source and target are databases of one server: the copy is no upgrade, and both share its limits.',
          },
    ),
})

async function sameness({ source, target }: ProbeEnds): Promise<{ database: string; same: 'database' | 'server' }[]> {
  if (target === undefined) return []
  const from = await identifyServer(source)
  const to = await identifyServer(target)
  if (isSameDatabase(from, to)) return [{ database: to.database, same: 'database' }]
  return from.startedAt === to.startedAt ? [{ database: to.database, same: 'server' }] : []
}

interface VersionRow {
  version: number
}

/** C08 */
const versionPair = check<VersionRow>({
  id: 'C08',
  title: 'The target is as new as the source, and the source is 10 or newer',
  about: 'server',
  severity: 'block',
  paths: ['offline', 'online', 'files', 'roles'],
  source: VERSION,
  assess: ({ source }, pair) => [
    ...source.filter(({ version }) => majorOf(version) < OLDEST_SOURCE).map(() => tooOld()),
    ...(pair.target.major < pair.source.major ? [olderTarget(pair.source.major, pair.target.major)] : []),
  ],
})

function tooOld(): NewFinding {
  return {
    object: 'source',
    message: `The source is older than PostgreSQL ${String(OLDEST_SOURCE)}, the oldest that pgleap reads.`,
    fix: { kind: 'advice', text: 'Bring it to 10 or newer first, for example with pg_dump and psql of that version.' },
  }
}

function olderTarget(source: number, target: number): NewFinding {
  return {
    object: 'target',
    message: `The target is PostgreSQL ${String(target)}, older than the source (${String(source)}); what is new in the source would not go in.`,
    fix: { kind: 'advice', text: 'Choose a target of the same or a newer major; perhaps the two are exchanged.' },
  }
}

/** C09 */
const minors = check<VersionRow, VersionRow>({
  id: 'C09',
  title: 'Both servers run a release that still gets fixes, and none that is known to be bad',
  about: 'server',
  severity: 'warning',
  paths: ['offline', 'online', 'files', 'roles'],
  source: VERSION,
  target: VERSION,
  assess: ({ source, target = [] }) => {
    const today = new Date().toISOString().slice(0, 10)
    return [
      ...source.flatMap(({ version }) => releaseFindings('source', version, today)),
      ...target.flatMap(({ version }) => releaseFindings('target', version, today)),
    ]
  },
})

/** What is wrong with a release on that day. Pure. */
export function releaseFindings(side: Side, version: number, today: string): NewFinding[] {
  const major = majorOf(version)
  const minor = version % 10_000
  const name = `PostgreSQL ${String(major)}.${String(minor)}`
  const known = releases.find((release) => release.major === major)
  const bad = badReleases.filter((range) => range.major === major && minor >= range.first && minor <= range.last)
  const newest = known === undefined ? '' : `${String(major)}.${String(known.minor)}`
  const update: NewFinding['fix'] = { kind: 'advice', text: `Update the ${side} to ${newest} or newer first.` }
  const found: NewFinding[] = bad.map(({ why }) => ({
    object: side,
    message: `The ${side} runs ${name}: ${why}.`,
    fix: update,
  }))
  if (known === undefined) return found
  if (known.endOfLife < today && side === 'target') {
    found.push({
      object: side,
      message: `The target runs ${name}, which gets no fixes since ${known.endOfLife}.`,
      fix: { kind: 'advice', text: 'Choose a newer major version.' },
    })
  }
  if (minor < known.minor && bad.length === 0) {
    found.push({
      object: side,
      severity: 'info',
      message: `The ${side} runs ${name}; ${newest} has the fixes of ${String(known.minor - minor)} more releases.`,
      fix: update,
    })
  }
  return found
}

function majorOf(version: number): number {
  return Math.floor(version / 10_000)
}

export const servers: readonly Check[] = [primaries, different, versionPair, minors]
