import {
  addressOf,
  assertUsablePair,
  connect,
  parseConnection,
  type ConnectionInfo,
  type Session,
  type Side,
} from '../connection/index.ts'
import { PgleapError } from '../errors.ts'
import {
  isReserved,
  readPowers,
  recogniseProvider,
  resolveProvider,
  selfManaged,
  type Provider,
} from '../provider/index.ts'
import type { EmitEvent, Endpoint, RolesReport } from '../report/index.ts'
import { applyRoles, type AppliedRoles } from './apply-roles.ts'
import { comparisonOf } from './compare-roles.ts'
import { emptyServer } from './empty-server.ts'
import type { ServerRoles } from './facts.ts'
import { labelProviders, missingLabelProviders } from './label-providers.ts'
import { readParameters } from './parameters.ts'
import { planRoles } from './plan-roles.ts'
import { shownSql, type Change, type RolesPlan } from './plan.ts'
import type { RoleOptions, RolesInput } from './planning.ts'
import { readRoles } from './read-roles.ts'
import { readRolePasswords } from './role-passwords.ts'
import { rolesSql } from './roles-sql.ts'

export interface RolesOptions {
  /** Connection string of any database of the server to read. */
  source: string
  /** Connection string of any database of the server that gets the roles. Without it, what an empty server would get. */
  target?: string
  /** @defaultValue 'show', which changes nothing */
  apply?: 'apply' | 'show'
  /** Roles of the source that have another name on the target. */
  roleMap?: Readonly<Record<string, string>>
  /** Tablespaces of the source that have another name on the target. */
  tablespaceMap?: Readonly<Record<string, string>>
  /** Path of a file with one `role:password` a line (docs/roles.md). */
  rolePasswords?: string
  /** A provider's id, or a YAML file of one's own, in place of what the source is recognised as. */
  sourceProvider?: string
  targetProvider?: string
  /** Whether the connecting role may grant itself the roles that own things, to give objects to them. @defaultValue 'grant' */
  ownMemberships?: 'grant' | 'skip'
  /** `script` puts a script for psql into the report. @defaultValue 'none' */
  sql?: 'script' | 'none'
  /** Whether that script holds password verifiers. @defaultValue 'omit' */
  verifiers?: 'include' | 'omit'
  /** Called with every event (docs/events.md). */
  onEvent?: EmitEvent
  /** Aborting it cancels the queries on the servers; what was applied by then is rolled back. */
  signal?: AbortSignal
}

/**
 * Shows how the roles of two servers differ, with memberships, settings and parameter grants, or adds to the target what it
 * lacks. Only adds: what is on both sides is compared, and neither the connecting role nor a provider's own are altered.
 * Showing changes nothing; what the administrator may grant is tried in a transaction that is rolled back.
 *
 * @throws PgleapError of the side that cannot be reached, `target.older` and others of `assertUsablePair`,
 * `roles.password-file`, `roles.password`, `roles.map`; what the target refuses is no error
 */
export async function roles(options: RolesOptions): Promise<RolesReport> {
  const { signal } = options
  const info = parseConnection(options.source)
  const target = options.target === undefined ? undefined : parseConnection(options.target)
  if (target === undefined && options.apply === 'apply') throw noTarget()
  const work = await begin(options)
  const chosen = await chosenProvider(options.sourceProvider)
  work.phase('connect')
  await using source = await open(info, 'source', signal)
  await using session = target === undefined ? undefined : await open(target, 'target', signal)
  if (session !== undefined) await assertUsablePair(source, session)
  work.phase('plan')
  const provider = chosen ?? (await recogniseProvider(source, info.hosts[0]?.host))
  const origin = { facts: await readRoles(source), provider, endpoint: addressOf(info, source) }
  return await settle(origin, target && session ? { info: target, session } : undefined, work)
}

/** Roles that were read before, and where that was. */
export interface RolesOrigin {
  facts: ServerRoles
  provider: Provider
  endpoint: Endpoint
}

export type RolesFromOptions = Omit<RolesOptions, 'source' | 'sourceProvider' | 'target' | 'sql' | 'verifiers'> & {
  target: string
}

/** The same for roles that a file holds (`readKeptRoles`). */
export async function rolesFrom(origin: RolesOrigin, options: RolesFromOptions): Promise<RolesReport> {
  const work = await begin(options)
  const info = parseConnection(options.target)
  work.phase('connect')
  await using session = await open(info, 'target', options.signal)
  work.phase('plan')
  return await settle(origin, { info, session }, work)
}

/** What a call was asked for, with what has to be known before any server is reached. */
interface Work {
  options: Omit<RolesOptions, 'source' | 'sourceProvider' | 'target'>
  roleOptions: RoleOptions
  targetProvider: Provider | undefined
  started: number
  phase: (name: 'connect' | 'plan' | 'run' | 'verify') => void
}

async function begin(options: Work['options']): Promise<Work> {
  const { onEvent, rolePasswords, ownMemberships = 'grant' } = options
  return {
    options,
    roleOptions: {
      roleMap: new Map(Object.entries(options.roleMap ?? {})),
      tablespaceMap: new Map(Object.entries(options.tablespaceMap ?? {})),
      ownMemberships,
      ...(rolePasswords === undefined ? {} : { passwords: await readRolePasswords(rolePasswords) }),
    },
    targetProvider: await chosenProvider(options.targetProvider),
    started: Date.now(),
    phase: (phase) => onEvent?.({ type: 'phase', at: Date.now(), phase }),
  }
}

/** Compares, does what is to be done, and reports. */
async function settle(
  { facts, provider, endpoint: from }: RolesOrigin,
  target: { info: ConnectionInfo; session: Session } | undefined,
  { options, roleOptions, targetProvider, started, phase }: Work,
): Promise<RolesReport> {
  const { signal, onEvent } = options
  const providers = {
    source: provider,
    target:
      targetProvider ??
      (target === undefined ? selfManaged : await recogniseProvider(target.session, target.info.hosts[0]?.host)),
  }
  const input = await inputOf(facts, target?.session, { providers, options: roleOptions, signal })
  const plan = planRoles(input)
  const script = options.sql === 'script' ? rolesSql(plan, { verifiers: options.verifiers ?? 'omit' }) : undefined
  let applied: AppliedRoles | undefined
  let after = plan
  if (options.apply === 'apply' && target !== undefined) {
    phase('run')
    applied = await applyRoles(target.session, plan, { onEvent, signal })
    phase('verify')
    after = planRoles({ ...input, target: await readRoles(target.session) })
  }
  const report: RolesReport = {
    source: { ...from, provider: provider.name },
    target: target && { ...addressOf(target.info, target.session), provider: providers.target.name },
    startedAt: new Date(started).toISOString(),
    ms: Date.now() - started,
    roles: ownRoles(input),
    ...outcome(plan, applied, after),
    ...(target === undefined ? { verdict: 'SKIPPED', passwords: 'SKIPPED' } : {}),
    ...(script === undefined ? {} : { script }),
  }
  const failures = report.refused.length + report.blocked.length
  onEvent?.({ type: 'finished', at: Date.now(), ms: report.ms, verdict: report.verdict, failures })
  return report
}

/**
 * What `planRoles` and `compareRoles` want to know: reads both sides, and asks the target what its administrator may do there
 * (tried in a transaction that is rolled back, so that session must be outside of one). Without a target: what an empty server of the
 * source's major would get from a superuser.
 *
 * @throws PgleapError `roles.map` where the map names a role that the source does not have
 */
export async function readRolesInput(
  source: Session,
  target: Session | undefined,
  providers: InputParts['providers'],
  options: RoleOptions,
): Promise<RolesInput> {
  return inputOf(await readRoles(source), target, { providers, options, signal: undefined })
}

interface InputParts {
  providers: { source: Provider; target: Provider }
  options: RoleOptions
  signal: AbortSignal | undefined
}

async function inputOf(
  theirs: ServerRoles,
  target: Session | undefined,
  { providers, options, signal }: InputParts,
): Promise<RolesInput> {
  const unknown = [...(options.roleMap?.keys() ?? [])].filter(
    (name) => !theirs.roles.some((role) => role.name === name),
  )
  if (unknown.length > 0) throw unknownRoles(unknown)
  const common = { source: theirs, sourceProvider: providers.source, targetProvider: providers.target, options }
  if (target === undefined) return { ...common, ...emptyServer(theirs), parameters: undefined }
  const names = [...theirs.settings.map(({ name }) => name), ...theirs.parameterGrants.map((one) => one.parameter)]
  return {
    ...common,
    target: await readRoles(target),
    powers: await readPowers(target, 'probe', { signal }),
    parameters: await readParameters(target, names),
    missingLabelProviders: await missingLabelProviders(target, labelProviders(theirs)),
  }
}

/** The report's part that tells what was to be done, what was done and what that leaves. */
function outcome(plan: RolesPlan, applied: AppliedRoles | undefined, after: RolesPlan) {
  const { verdict, passwords, differences } = comparisonOf(after)
  const changes = applied?.done ?? plan.changes
  const own = changes.flatMap(({ kind, sql, undo }) =>
    kind === 'own-membership' && undo !== undefined ? [{ sql, undo }] : [],
  )
  return {
    mode: applied === undefined ? ('show' as const) : ('apply' as const),
    changes: changes.map(reported),
    refused: (applied?.refused ?? []).map(({ change, sqlstate, message }) => ({
      ...reported(change),
      sqlstate,
      message,
    })),
    blocked: (applied?.blocked ?? []).map(reported),
    differences,
    leftOut: [...plan.leftOut, ...(applied?.leftOut ?? [])],
    noLogin: [...plan.noLogin, ...(applied?.noLogin ?? [])],
    ownMemberships: own,
    tablespaces: plan.tablespaces,
    verdict,
    passwords,
  }
}

function reported(change: Change): { kind: string; object: string; sql: string } {
  return { kind: change.kind, object: change.object, sql: shownSql(change) }
}

function ownRoles({ source, sourceProvider }: { source: ServerRoles; sourceProvider: Provider }): number {
  return source.roles.filter(({ name }) => !isReserved(sourceProvider, 'role', name)).length
}

function open(info: ConnectionInfo, side: Side, signal: AbortSignal | undefined): Promise<Session> {
  // The source is only read, whatever this code does.
  const settings = side === 'source' ? { default_transaction_read_only: 'on' } : {}
  return connect(info, { side, purpose: 'roles', settings, signal })
}

async function chosenProvider(choice: string | undefined): Promise<Provider | undefined> {
  return choice === undefined ? undefined : resolveProvider(choice)
}

function noTarget(): PgleapError {
  return new PgleapError({
    code: 'usage.option',
    message: 'Roles are to be applied, and no target is named.',
    hint: 'Name the target as the second connection, or ask for a script with --sql.',
    party: 'usage',
  })
}

function unknownRoles(names: readonly string[]): PgleapError {
  return new PgleapError({
    code: 'roles.map',
    message: `The source has no role ${names.map((name) => JSON.stringify(name)).join(', ')}, which the role map names.`,
    hint: 'Names are taken as they are, without quotes; small and capital letters are different.',
    party: 'usage',
  })
}
