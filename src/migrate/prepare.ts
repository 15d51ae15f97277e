import type { SourceSnapshot, TableFacts } from '../catalog/index.ts'
import { readDatabase } from '../catalog/index.ts'
import type { Session } from '../connection/index.ts'
import { plan, restoreWith, STAGES, tableName, type Plan } from '../plan/index.ts'
import type { PlannedTable } from '../report/index.ts'
import { entryOptions, type Chosen } from './choices.ts'
import { databasePropertiesSql } from './database.ts'
import { assertExtensionsAvailable, assertRolesExist, assertTablespacesExist } from './preconditions.ts'
import { cutTables, readSource, type SourceReading } from './read-source.ts'
import type { RunLog } from './run-log.ts'
import type { Servers } from './servers.ts'

export interface Prepared {
  plan: Plan
  reading: SourceReading
  tables: PlannedTable[]
}

export interface PrepareOptions {
  servers: Servers
  target: Session
  snapshot: SourceSnapshot
  choices: Chosen
  jobs: number
  pgDump: string | undefined
  log: RunLog
  signal: AbortSignal | undefined
}

/** Reads the source, refuses what the target lacks, and plans the steps. Changes nothing on either side. */
export async function prepare(options: PrepareOptions): Promise<Prepared> {
  const { servers, target, snapshot, choices, jobs, pgDump, log, signal } = options
  log.phase('schema')
  const reading = await readSource(servers, snapshot, { pgDump, targetMajor: target.major, log, signal })
  const entries = entryOptions(choices)
  await assertRolesExist(target, reading.archive, entries)
  await assertExtensionsAvailable(target, reading.archive)
  if (choices.tablespaces === 'keep') await assertTablespacesExist(target, reading.archive)

  log.phase('plan')
  const planned = plan({
    archive: reading.archive,
    statistics: reading.statistics,
    facts: reading.facts,
    filters: choices,
    restore: restoreWith(entries, target.user),
    database: databasePropertiesSql(reading.database, await readDatabase(target), {
      privileges: choices.privileges,
      role: (name) => entries.roleMap.get(name) ?? name,
    }),
    parts: await cutTables(snapshot.keeper, reading.facts.tables, { jobs, partSize: choices.partSize ?? undefined }),
  })
  for (const entry of planned.leftOut) {
    log.notice({
      level: 'warning',
      code: 'plan.left-out',
      message: `${entry.desc} ${entry.tag} is left out: it needs a table that a filter leaves out.`,
      object: entry.tag,
    })
  }
  const tables = plannedTables(planned, reading.facts.tables)
  log.emit({
    type: 'plan',
    at: Date.now(),
    steps: planned.steps.length,
    tables: tables.length,
    bytes: tables.reduce((sum, table) => sum + table.bytes, 0),
    estimateMs: planned.estimate(jobs),
    cost: planned.steps.reduce((sum, step) => sum + step.cost, 0),
  })
  return { plan: planned, reading, tables }
}

function plannedTables(planned: Plan, facts: readonly TableFacts[]): PlannedTable[] {
  const byOid = new Map(facts.map((table) => [table.oid, table]))
  const formats = new Map<string, 'text' | 'binary'>()
  for (const step of planned.steps) {
    if (step.stage === STAGES.data && step.work.kind === 'copy') formats.set(tableName(step.work), step.work.format)
  }
  return planned.tables.map((table) => {
    const rows = byOid.get(table.oid)?.estimatedRows
    return {
      table: tableName(table),
      bytes: table.bytes,
      parts: table.parts,
      format: formats.get(tableName(table)) ?? 'text',
      ...(rows === undefined ? {} : { rows }),
    }
  })
}
