import { isAcl, isAboutDatabase, type Archive } from '../../archive/index.ts'
import { readDatabase, type DatabaseFacts } from '../../catalog/index.ts'
import type { Session } from '../../connection/index.ts'
import {
  assertExtensionsAvailable,
  assertRolesExist,
  assertTablespacesExist,
  databaseOf,
  databasePropertiesSql,
  databaseRoles,
  entryOptions,
  noteOwners,
  providerNotices,
  type Chosen,
  type DatabasePropertyOptions,
  type RunLog,
} from '../../migrate/index.ts'
import { isTheirs, planRestore, type DatabaseStatement, type RestorePlan } from '../../plan/index.ts'
import { databaseFacts, databaseGrants, databaseLabels } from './database-facts.ts'
import { dataBytes } from './data-bytes.ts'
import { restoreOf } from './entry-restore.ts'
import { majorOf, type Files } from './files.ts'
import { publicGrants } from './public-schema.ts'
import type { View } from './view.ts'

export interface PrepareOptions {
  files: Files
  view: View
  target: Session
  /** Whether this run has made the target database, or found it. */
  created: 'created' | 'found'
  /** What the target holds already stays as it is; grants are no exception. */
  nonEmptyTarget: 'refuse' | 'add'
  jobs: number
  log: RunLog
}

/** Refuses what the target lacks, and plans the steps. Changes nothing. */
export async function prepare(options: PrepareOptions): Promise<RestorePlan> {
  const { files, view, target, nonEmptyTarget, jobs, log } = options
  const { choices, archive, planning } = view
  log.phase('schema')
  await assertPossible(options)
  notesOn(options)
  await noteOwners({ target, choices, log }, archive)
  const onPublic =
    choices.privileges === 'skip' || nonEmptyTarget === 'add'
      ? { before: [] }
      : publicGrants(archive, {
          pgDump: majorOf(archive.pgDumpVersion),
          source: majorOf(archive.serverVersion),
          target: target.major,
        })
  if (onPublic.notice !== undefined) log.notice(onPublic.notice)

  log.phase('plan')
  const publicSchema = nonEmptyTarget === 'add' ? 'theirs' : 'ours'
  const plan = planRestore({
    archive: planning,
    filters: choices,
    restore: restoreOf(planning, { target, choices, publicSchema }),
    database: await databaseStatements(options),
    grantsBefore: onPublic.before,
    dataBytes: await dataBytes(files),
    statistics: target.major >= 18 ? 'keep' : 'skip',
  })
  for (const entry of plan.leftOut) {
    log.notice({
      level: 'warning',
      code: 'plan.left-out',
      message: `${entry.desc} ${entry.tag} is left out: it needs a table that a filter leaves out.`,
      object: entry.tag,
    })
  }
  log.emit({
    type: 'plan',
    at: Date.now(),
    steps: plan.steps.length,
    tables: plan.tables.length,
    bytes: plan.tables.reduce((sum, { bytes }) => sum + bytes, 0),
    estimateMs: plan.estimate(jobs),
    cost: plan.steps.reduce((sum, { cost }) => sum + cost, 0),
  })
  return plan
}

async function assertPossible({ view, target, created }: PrepareOptions): Promise<void> {
  const { rules, choices, archive } = view
  const entries = entryOptions(choices)
  const facts = databaseFacts(archive)
  await assertRolesExist(target, withoutDatabaseGrants(archive, choices), entries, {
    others: facts === undefined ? [] : databaseRoles(databaseOf(facts, rules), propertyOptions(choices, created)),
    except: (role) => !entries.roleMap.has(role) && isTheirs(rules, role),
  })
  await assertExtensionsAvailable(target, archive)
  if (choices.tablespaces === 'keep')
    await assertTablespacesExist(target, withoutDatabase(archive), entries.tablespaceMap)
}

/** Where its grants are not carried over, nobody needs the roles that these name. */
function withoutDatabaseGrants(archive: Archive, { privileges }: Chosen): Archive {
  if (privileges === 'keep') return ownersAside(archive)
  return ownersAside({
    ...archive,
    entries: archive.entries.filter((entry) => !isAcl(entry) || !isAboutDatabase(entry)),
  })
}

/** The database's owner is asked for by itself: a database that was there before keeps its own. */
function ownersAside(archive: Archive): Archive {
  return { ...archive, entries: archive.entries.filter(({ desc }) => !PROPERTIES.has(desc)) }
}

const PROPERTIES: ReadonlySet<string> = new Set(['DATABASE', 'DATABASE PROPERTIES'])

/** A database's own tablespace is the business of whoever makes the database. */
function withoutDatabase(archive: Archive): Archive {
  return { ...archive, entries: archive.entries.filter((entry) => !isAboutDatabase(entry)) }
}

function propertyOptions({ owners, privileges }: Chosen, created: 'created' | 'found') {
  return {
    owner: created === 'created' ? owners : 'skip',
    privileges,
    roleSettings: owners === 'skip' && privileges === 'skip' ? 'skip' : 'keep',
  } as const
}

/** What gives the target database the archive's settings, comment and grants; what it has itself stays (invariant 8). */
async function databaseStatements({ view, target, created }: PrepareOptions): Promise<DatabaseStatement[]> {
  return statementsFor(view, await readDatabase(target), propertyOptions(view.choices, created))
}

/** All that a run may have planned for the database itself: what it left out, it has no step for. */
export function everyDatabaseStatement(view: View, name: string): DatabaseStatement[] {
  const bare = { owner: '', comment: undefined, connectionLimit: -1, settings: [], grants: undefined }
  const options = { owner: 'keep', privileges: 'keep', roleSettings: 'keep' } as const
  return statementsFor(view, { ...bare, name }, options)
}

function statementsFor(
  { archive, rules, choices }: View,
  found: Pick<DatabaseFacts, 'name' | 'owner' | 'comment' | 'connectionLimit' | 'settings' | 'grants'>,
  options: Omit<DatabasePropertyOptions, 'role'>,
): DatabaseStatement[] {
  const facts = databaseFacts(archive)
  const { roleMap } = entryOptions(choices)
  const role = (name: string) => roleMap.get(name) ?? name
  const properties =
    facts === undefined ? [] : databasePropertiesSql(databaseOf(facts, rules), found, { ...options, role })
  const grants =
    options.privileges === 'keep' && found.grants === undefined
      ? databaseGrants(archive, { name: found.name, roleMap })
      : []
  return [...properties, ...grants, ...databaseLabels(archive, found.name)]
}

function notesOn({ files, view, target, log }: PrepareOptions): void {
  const { provided, rules, schemas, behind, planning, archive } = view
  for (const notice of providerNotices({ provided, schemas, tables: behind, archive: planning }, rules))
    log.notice(notice)
  const source = majorOf(archive.serverVersion)
  if (source > target.major) {
    log.notice({
      level: 'warning',
      code: 'restore.older-target',
      message: `The archive is of PostgreSQL ${String(source)}, newer than the target, which is ${String(target.major)}: what only the newer one has is listed as failures.`,
    })
  }
  if (files.manifest === undefined) {
    log.notice({
      level: 'info',
      code: 'restore.no-manifest',
      message:
        'No manifest of pgleap lies beside the archive: its files cannot be proved before the restore, nor contents after it.',
      hint: '"pgleap dump" leaves one beside what it makes.',
    })
  }
}
