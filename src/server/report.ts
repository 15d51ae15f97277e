import { readDatabase } from '../catalog/index.ts'
import { chosen, databaseOf, endpoint, readRules } from '../migrate/index.ts'
import type { DatabaseReport, RolesReport, RunVerdict, ServerReport, VerifiedObject } from '../report/index.ts'
import { openOn } from './ends.ts'
import type { Ends } from './origin.ts'
import { compareProperties } from './properties.ts'
import type { RecordedDatabase, RecordedRun } from './record.ts'
import { compareAllRoles } from './roles.ts'
import type { Outcomes, ServerRun } from './run-server.ts'

export interface ClosingParts {
  recorded: RecordedRun
  applied: RolesReport
  outcomes: Outcomes
  ends: Ends
}

/** Compares what belongs to no database, and the databases as such, and puts the report together. */
export async function closingReport(run: ServerRun, parts: ClosingParts): Promise<ServerReport> {
  const { recorded, applied, outcomes, ends } = parts
  const { origin, target, choices, log } = run
  const roles = await compareAllRoles(origin, applied)
  const databases: DatabaseReport[] = []
  for (const database of recorded.databases) {
    const outcome = outcomes.get(database.name) ?? { state: 'waiting', when: 'now' as const }
    const arrived = outcome.run !== undefined && choices.verify !== 'none'
    const properties = arrived ? await propertiesOf(run, database, ends) : []
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
    source: ends.from,
    ...(origin.folder === undefined ? {} : { folder: origin.folder }),
    target: endpoint(target, ends.target),
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
  { target, choices, signal }: ServerRun,
  { name, created }: RecordedDatabase,
  ends: Ends,
): Promise<VerifiedObject[]> {
  await using session = await openOn(target.withDatabase(name), 'target', 'verify', signal)
  const rules = await readRules({
    providers: await ends.providers(),
    sourceUser: ends.from.user,
    target: session,
    choices: chosen({ roleMap: choices.roleMap }),
  })
  // What is of a service's own roles there came without them.
  const source = databaseOf(await ends.properties(name), rules)
  return compareProperties(source, await readDatabase(session), {
    owners: choices.owners,
    privileges: choices.privileges,
    made: created ? 'by-us' : 'found',
    role: (role) => choices.roleMap[role] ?? role,
    majors: { source: ends.major, target: ends.target.major },
  })
}
