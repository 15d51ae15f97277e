import type { Archive } from '../archive/index.ts'
import type { DatabaseFacts, SourceSnapshot } from '../catalog/index.ts'
import { readDatabase, readDatabaseLabels } from '../catalog/index.ts'
import type { Session } from '../connection/index.ts'
import { followProviders, Definitions, restoreWith, type DatabaseStatement, type Work } from '../plan/index.ts'
import type { Ledger } from '../engine/index.ts'
import { entryOptions } from './choices.ts'
import { databasePropertiesSql } from './database.ts'
import { databaseLabelsSql } from './database-labels.ts'
import type { RunNotes } from './migration.ts'
import { databaseOf, NO_PROVIDERS, readRules, reservedSchemas, withExtensionSchemas, withOwners } from './providers.ts'
import { dumpSource } from './read-source.ts'
import type { RunLog } from './run-log.ts'
import type { Servers } from './servers.ts'

export interface RereadOptions {
  servers: Servers
  target: Session
  snapshot: SourceSnapshot
  ledger: Ledger<Work>
  notes: RunNotes
  pgDump: string | undefined
  log: RunLog
  signal: AbortSignal | undefined
}

/**
 * Reads the source's definitions again for a run that goes on: its ledger only names them. Undefined where every step that
 * is left does without.
 *
 * @throws PgleapError what `pg_dump` or the source says; nothing was changed then
 */
export async function rereadDefinitions(
  options: RereadOptions,
): Promise<{ definitions: Definitions; archive: Archive } | undefined> {
  const { target, snapshot, ledger, notes } = options
  const left = ledger.steps.filter(({ id, work }) => work.kind === 'definition' && !ledger.done.has(id))
  if (left.length === 0) return undefined
  const { providers = NO_PROVIDERS, owners = {} } = notes
  const choices = withOwners(notes.choices, owners)
  const without = await reservedSchemas(snapshot.keeper, providers)
  const rules = await readRules({ providers, sourceUser: snapshot.keeper.user, target, choices: notes.choices })
  const { archive } = followProviders(
    await dumpSource({ ...options, what: 'schema', targetMajor: target.major, without }),
    rules,
  )
  const statistics = left.some(({ kind }) => kind === 'statistics')
    ? await dumpSource({ ...options, what: 'statistics', without })
    : undefined
  const entries = entryOptions(choices)
  const restore = restoreWith(entries, {
    user: target.user,
    major: target.major,
    publicSchema: notes.extraObjects === 'ignore' ? 'theirs' : 'ours',
  })
  const rename = (name: string) => entries.roleMap.get(name) ?? name
  const { keeper } = snapshot
  const database = [
    ...everyProperty(databaseOf(await readDatabase(keeper), rules), target.database, rename),
    ...databaseLabelsSql(await readDatabaseLabels(keeper), [], target.database),
  ]
  const making = withExtensionSchemas(archive, rules, 'all')
  return { archive, definitions: new Definitions({ archive: making, statistics, restore, database }) }
}

/** All that the run may have planned for the database itself: what it left out, it has no step for. */
function everyProperty(
  source: DatabaseFacts,
  name: string,
  rename: (role: string) => string,
): readonly DatabaseStatement[] {
  const bare: DatabaseFacts = {
    ...source,
    name,
    owner: '',
    comment: undefined,
    connectionLimit: -1,
    settings: [],
    grants: undefined,
  }
  return databasePropertiesSql(source, bare, {
    owner: 'keep',
    privileges: 'keep',
    roleSettings: 'keep',
    role: rename,
  })
}
