import { readDatabase } from '../catalog/index.ts'
import type { ConnectionInfo, Side } from '../connection/index.ts'
import { endpoint } from '../migrate/index.ts'
import type { DatabaseReport, RolesReport, RunVerdict, ServerReport, VerifiedObject } from '../report/index.ts'
import { openOn, type ServerPair } from './ends.ts'
import { compareProperties } from './properties.ts'
import type { RecordedDatabase, RecordedRun } from './record.ts'
import { compareAllRoles } from './roles.ts'
import type { Outcomes, ServerRun } from './run-server.ts'

export interface ClosingParts {
  recorded: RecordedRun
  applied: RolesReport
  outcomes: Outcomes
  pair: ServerPair
}

/** Compares what belongs to no database, and the databases as such, and puts the report together. */
export async function closingReport(run: ServerRun, parts: ClosingParts): Promise<ServerReport> {
  const { recorded, applied, outcomes, pair } = parts
  const { infos, choices, log } = run
  const roles = await compareAllRoles(run, applied)
  const databases: DatabaseReport[] = []
  for (const database of recorded.databases) {
    const outcome = outcomes.get(database.name) ?? { state: 'waiting', when: 'now' as const }
    const arrived = outcome.run !== undefined && choices.verify !== 'none'
    const properties = arrived ? await propertiesOf(run, database, pair) : []
    for (const { object, kind, verdict, detail } of properties) {
      const why = detail === undefined ? {} : { detail }
      log.emit({ type: 'verified', at: Date.now(), object, kind, verdict, ...why })
    }
    const verdicts = properties.map(({ verdict }): RunVerdict => verdict)
    databases.push({
      database: database.name,
      ...outcome,
      verdict: outcome.run === undefined ? 'DIFFERENT' : worst([outcome.run.verdict, ...verdicts]),
      ...(database.bytes === null ? {} : { bytes: database.bytes }),
      properties: properties.filter(({ verdict }) => verdict !== 'SAME'),
    })
  }
  const ofRoles = choices.verify === 'none' ? 'SKIPPED' : roles.passwords === 'DIFFERENT' ? 'DIFFERENT' : roles.verdict
  return {
    source: endpoint(infos.source, pair.source),
    target: endpoint(infos.target, pair.target),
    startedAt: recorded.startedAt.toISOString(),
    ms: Date.now() - log.startedAt,
    verdict: worst([ofRoles, ...databases.map(({ verdict }) => verdict)]),
    roles,
    databases,
    leftOut: recorded.leftOut,
    notices: log.notices,
  }
}

const FROM_WORST: readonly RunVerdict[] = ['DIFFERENT', 'UNKNOWN', 'SKIPPED']

function worst(verdicts: readonly RunVerdict[]): RunVerdict {
  return FROM_WORST.find((verdict) => verdicts.includes(verdict)) ?? 'SAME'
}

async function propertiesOf(
  { infos, choices, signal }: ServerRun,
  { name, created }: RecordedDatabase,
  pair: ServerPair,
): Promise<VerifiedObject[]> {
  const read = async (info: ConnectionInfo, side: Side) => {
    await using session = await openOn(info.withDatabase(name), side, 'verify', signal)
    return await readDatabase(session)
  }
  return compareProperties(await read(infos.source, 'source'), await read(infos.target, 'target'), {
    owners: choices.owners,
    privileges: choices.privileges,
    made: created ? 'by-us' : 'found',
    role: (role) => choices.roleMap[role] ?? role,
    majors: { source: pair.source.major, target: pair.target.major },
  })
}
