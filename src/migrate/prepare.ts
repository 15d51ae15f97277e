import type { Archive } from '../archive/index.ts'
import type { SourceSnapshot, TableFacts } from '../catalog/index.ts'
import { readDatabase, readDatabaseLabels } from '../catalog/index.ts'
import type { Session } from '../connection/index.ts'
import type { Part } from '../copy/index.ts'
import { followProviders, isTheirs, plan, restoreWith, STAGES, tableName, type Plan } from '../plan/index.ts'
import type { PlannedTable } from '../report/index.ts'
import { quoteIdent } from '../sql.ts'
import { entryOptions, type Chosen } from './choices.ts'
import { closesDatabase, databasePropertiesSql, databaseRoles, propertyChoices } from './database.ts'
import { databaseLabelsSql } from './database-labels.ts'
import {
  assertExtensionsAvailable,
  assertRolesExist,
  assertTablespacesExist,
  ownersOutOfReach,
} from './preconditions.ts'
import { providerNotices } from './provider-notices.ts'
import {
  databaseOf,
  NO_PROVIDERS,
  readRules,
  reservedSchemas,
  tablesOutside,
  withExtensionSchemas,
  withOwners,
  type Providers,
} from './providers.ts'
import { publicSchema } from './public-schema.ts'
import { cutTables, readSource, type SourceReading } from './read-source.ts'
import type { RunLog } from './run-log.ts'
import type { Servers } from './servers.ts'
import { noteUnlogged } from './unlogged.ts'

export interface Prepared {
  plan: Plan
  reading: SourceReading
  tables: PlannedTable[]
  /** Names on the target of the services' own roles. */
  owners: Readonly<Record<string, string>>
}

export interface PrepareOptions {
  servers: Servers
  target: Session
  snapshot: SourceSnapshot
  choices: Chosen
  /** Whose services are on both ends. @defaultValue nobody's */
  providers?: Providers | undefined
  /** Whether this run has made the target database, or found it. */
  created: 'created' | 'found'
  /** What the target holds already stays as it is; grants are no exception. */
  nonEmptyTarget: 'refuse' | 'add'
  jobs: number
  pgDump: string | undefined
  log: RunLog
  signal: AbortSignal | undefined
  /** What to read of each table, in place of all of it: a rehearsal's samples. */
  cut?: (tables: readonly TableFacts[]) => ReadonlyMap<number, Part[]>
  /** A rehearsal leaves them out: no database with a subscription can be dropped. @defaultValue 'keep' */
  subscriptions?: 'keep' | 'skip'
}

/** Reads the source, refuses what the target lacks, and plans the steps. Changes nothing on either side. */
export async function prepare(options: PrepareOptions): Promise<Prepared> {
  const { servers, target, snapshot, created, jobs, pgDump, log, signal, providers = NO_PROVIDERS } = options
  log.phase('schema')
  const without = await reservedSchemas(snapshot.keeper, providers)
  const read = await readSource(servers, snapshot, { pgDump, targetMajor: target.major, without, log, signal })
  const rules = await readRules({ providers, sourceUser: snapshot.keeper.user, target, choices: options.choices })
  const provided = followProviders(read.archive, rules)
  const reading = { ...read, archive: provided.archive, database: databaseOf(read.database, rules) }
  const planning = withExtensionSchemas(reading.archive, rules, 'missing')
  const heirs = Object.fromEntries(provided.roleMap)
  const choices = withOwners(options.choices, heirs)
  const entries = { ...entryOptions(choices), subscriptions: options.subscriptions ?? 'keep' }
  const { privileges } = choices
  const database = propertyChoices(choices, created)
  await assertRolesExist(target, reading.archive, entries, {
    others: databaseRoles(reading.database, database),
    except: (role) => !entries.roleMap.has(role) && isTheirs(rules, role),
  })
  await assertExtensionsAvailable(target, reading.archive)
  if (choices.tablespaces === 'keep') await assertTablespacesExist(target, reading.archive, entries.tablespaceMap)

  const travelling = new Set(tablesOutside(reading.facts.tables, without))
  const behind = reading.facts.tables.filter((table) => !travelling.has(table))
  const left = { provided, schemas: without, tables: behind, archive: planning }
  for (const notice of providerNotices(left, rules)) log.notice(notice)
  if (reading.database.settings.some(closesDatabase)) {
    log.notice({
      level: 'info',
      code: 'source.closed',
      message:
        'default_transaction_read_only is turned on for the database of the source. That is not carried over: the target is to be written to.',
    })
  }
  await noteOwners({ ...options, choices }, reading.archive)
  const publicGrants = options.nonEmptyTarget === 'add' ? 'skip' : privileges
  const onPublic = await publicSchema({ source: snapshot.keeper, target, privileges: publicGrants })
  if (onPublic.notice !== undefined) log.notice(onPublic.notice)

  log.phase('plan')
  const planned = plan({
    archive: planning,
    statistics: reading.statistics,
    facts: reading.facts,
    filters: choices,
    restore: restoreWith(entries, {
      user: target.user,
      major: target.major,
      publicSchema: options.nonEmptyTarget === 'add' ? 'theirs' : 'ours',
    }),
    grantsBefore: onPublic.before,
    database: [
      ...databasePropertiesSql(reading.database, await readDatabase(target), {
        ...database,
        role: (name) => entries.roleMap.get(name) ?? name,
      }),
      ...databaseLabelsSql(reading.labels, await readDatabaseLabels(target), target.database),
    ],
    parts:
      options.cut?.(reading.facts.tables) ??
      (await cutTables(snapshot.keeper, reading.facts.tables, { jobs, partSize: choices.partSize ?? undefined })),
  })
  for (const entry of planned.leftOut) {
    log.notice({
      level: 'warning',
      code: 'plan.left-out',
      message: `${entry.desc} ${entry.tag} is left out: it needs a table that a filter leaves out.`,
      object: entry.tag,
    })
  }
  noteUnlogged(planned.unlogged, log)
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
  return { plan: planned, reading, tables, owners: heirs }
}

/** Said once and in time, not only by a failure for each object. */
export async function noteOwners(
  { target, choices, log }: Pick<PrepareOptions, 'target' | 'choices' | 'log'>,
  archive: Archive,
): Promise<void> {
  const names = await ownersOutOfReach(target, archive, entryOptions(choices))
  if (names.length === 0) return
  const list = names.map(quoteIdent).join(', ')
  log.notice({
    level: 'warning',
    code: 'target.owners',
    message: `The target's role "${target.user}" may not give objects to ${list}: theirs will stay its own, and are listed as failures.`,
    hint: `GRANT ${list} TO ${quoteIdent(target.user)} on the target, or leave the owners out with --no-owner.`,
  })
}

function plannedTables(planned: Plan, facts: readonly TableFacts[]): PlannedTable[] {
  const byOid = new Map(facts.map((table) => [table.oid, table]))
  const formats = new Map<string, 'text' | 'binary'>()
  for (const step of planned.steps) {
    if (step.stage === STAGES.data && step.work.kind === 'copy') formats.set(tableName(step.work), step.work.format)
  }
  return planned.tables.map((table) => {
    const rows = table.parts === 0 ? 0 : byOid.get(table.oid)?.estimatedRows
    return {
      table: tableName(table),
      bytes: table.bytes,
      parts: table.parts,
      format: formats.get(tableName(table)) ?? 'text',
      ...(rows === undefined ? {} : { rows }),
    }
  })
}
