import { PgleapError } from '../errors.ts'
import { userObjects, withoutSecrets } from '../migrate/index.ts'
import type { RolesReport } from '../report/index.ts'
import type { ServerChoices } from './choices.ts'
import { chooseDatabases, MAINTENANCE, readDatabases, type ServerDatabase } from './choose.ts'
import { openOn, providersOf, type Infos, type ServerPair } from './ends.ts'
import { assertNothingInTheWay } from './in-the-way.ts'
import type { NewDatabase, NewServerRun } from './record.ts'

export interface PlanServerOptions {
  infos: Infos
  pair: ServerPair
  choices: ServerChoices
  /** What `roles` shows of the two servers: where things in a tablespace of the source will go. */
  roles: RolesReport
  signal: AbortSignal | undefined
}

/** Decides what the run is to do, and refuses what cannot be. Changes nothing on either side. */
export async function planServer(options: PlanServerOptions): Promise<NewServerRun> {
  const { infos, pair, choices, roles, signal } = options
  const providers = await providersOf(pair, infos, choices)
  const all = await readDatabases(pair.source)
  const filters = { providers, include: choices.includeDatabases, exclude: choices.excludeDatabases }
  let { chosen, leftOut } = chooseDatabases(all, { ...filters, maintenance: 'used' })
  if (chosen.some(({ name }) => name === MAINTENANCE) && (await isEmpty(infos, signal))) {
    ;({ chosen, leftOut } = chooseDatabases(all, { ...filters, maintenance: 'empty' }))
  }
  if (choices.tablespaces === 'keep') assertTablespacesKnown(roles)
  const there = new Set((await readDatabases(pair.target)).map(({ name }) => name))
  const existing = chosen.map(({ name }) => name).filter((name) => there.has(name))
  await assertNothingInTheWay(infos.target, existing, { providers, signal })
  return {
    source: { describe: infos.source.describe(), connection: withoutSecrets(infos.source) },
    choices,
    leftOut,
    databases: chosen.map((database) => ({
      name: database.name,
      bytes: database.bytes,
      created: !there.has(database.name),
      ...placed(database, choices, roles),
    })),
  }
}

async function isEmpty(infos: Infos, signal: AbortSignal | undefined): Promise<boolean> {
  await using session = await openOn(infos.source.withDatabase(MAINTENANCE), 'source', 'control', signal)
  return (await userObjects(session)).length === 0
}

/**
 * Where the database and what is in it go: to the tablespace that is named for it, to its namesake, or to the default one.
 * Pure.
 */
export function placed(
  { tablespace: own }: Pick<ServerDatabase, 'tablespace'>,
  { tablespaces: wanted }: Pick<ServerChoices, 'tablespaces'>,
  { tablespaces }: Pick<RolesReport, 'tablespaces'>,
): Pick<NewDatabase, 'tablespace' | 'tablespaceMap'> {
  if (wanted === 'skip') return { tablespace: null, tablespaceMap: {} }
  const map = tablespaces
    .map(({ name, target = 'pg_default' }) => [name, target] as const)
    .filter(([name, target]) => name !== target)
  const ownHere = tablespaces.find(({ name }) => name === own)?.target ?? 'pg_default'
  // Where a database comes to lie in the default tablespace, what was put there by name needs no name any more.
  const unnamed = own !== 'pg_default' && ownHere === 'pg_default' ? [['pg_default', 'pg_default'] as const] : []
  return {
    tablespace: ownHere === 'pg_default' ? null : ownHere,
    tablespaceMap: Object.fromEntries([...map, ...unnamed]),
  }
}

/** @throws PgleapError `target.missing-tablespaces` */
export function assertTablespacesKnown({ tablespaces }: Pick<RolesReport, 'tablespaces'>): void {
  const missing = tablespaces.filter(({ how }) => how === 'missing').map(({ target }) => `"${target ?? ''}"`)
  if (missing.length === 0) return
  throw new PgleapError({
    code: 'target.missing-tablespaces',
    message: `The target has no tablespace ${[...new Set(missing)].join(', ')}, which --tablespace-map names.`,
    hint: 'Create it on the target, or leave it out of the map: what is not named goes to its namesake, or to the default tablespace.',
    party: 'target',
  })
}
