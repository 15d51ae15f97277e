import { isDeepStrictEqual } from 'node:util'
import { parseConnection, type Session, type Side } from '../connection/index.ts'
import { dropLedger, openLedger } from '../engine/index.ts'
import { PgleapError } from '../errors.ts'
import { copyAtSlot, copyTheRest, withoutSecrets } from '../migrate/index.ts'
import { recogniseProvider } from '../provider/index.ts'
import { changeIdentities, setBack } from './change-identities.ts'
import { rememberSchema } from './drift.ts'
import { drain, takeFence } from './fence.ts'
import { close, endSessions, readOnlySetting } from './freeze.ts'
import { handOver } from './hand-over.ts'
import { newId, streamNames } from './names.ts'
import { DEFAULT_SLOT_TIMEOUT_MS, type OnlineStartOptions } from './options.ts'
import { copyPausedTables } from './pause-copy.ts'
import { preflight } from './preflight.ts'
import { amend, createRecord, dropRecord, readRecord, type OnlineRecord } from './record.ts'
import { sidesOf, type Sides } from './sides.ts'
import { makeSlot } from './slot.ts'
import { startLock } from './start-lock.ts'
import {
  createPublication,
  createSubscription,
  dropPublished,
  hasSubscription,
  startSubscription,
  streamedTables,
} from './stream.ts'
import { tellOfWriters } from './writers.ts'
import { changesFor, readTableRules, type RuledTable, type TableRule } from './table-rules.ts'

/** What a start works with. */
interface Starting {
  options: OnlineStartOptions
  sides: Sides
  source: Session
  /** Holds the record. */
  target: Session
}

/**
 * Copies the database in the snapshot of a new replication slot, and has the target follow the source from there. When it
 * returns, everything is copied, keys and indexes included, and the target has caught up (or follows, as `until` says).
 *
 * A start that broke, however it ended, is gone on with by the same call: before the copy has begun all of it is taken back
 * and begun anew; from then on tables that are complete stay, and the stream itself brings the others.
 *
 * @throws PgleapError `online.not-ready`, `online.not-known`, `online.slot-timeout`, `online.under-way`, `online.copy-failed`
 */
export async function start(options: OnlineStartOptions): Promise<OnlineRecord> {
  try {
    return await startOrGoOn(options)
  } catch (error) {
    throw options.signal?.aborted === true ? interrupted(error) : error
  }
}

async function startOrGoOn(options: OnlineStartOptions): Promise<OnlineRecord> {
  const sides = sidesOf(options.source, options.target, options.signal)
  await using source = await sides.open('source', 'online')
  await using target = await sides.open('target', 'online')
  await startLock(target, options.signal)
  const starting = { options, sides, source, target }
  const found = await readRecord(target)
  if (found === undefined || found.phase === 'starting') {
    if (found !== undefined) await takeBack(found, source, target)
    return await begin(starting)
  }
  if (found.phase !== 'copying') throw underWay(target)
  assertSameStart(found, starting)
  return await goOn(found, starting)
}

async function begin(starting: Starting): Promise<OnlineRecord> {
  const { options, sides, source, target } = starting
  const providers = {
    source: await recogniseProvider(source, sides.source.hosts[0]?.host),
    target: await recogniseProvider(target, sides.target.hosts[0]?.host),
  }
  const { ruled } = await readTableRules(source, {
    source: { major: source.major, provider: providers.source },
    target,
  })
  const { acceptedWriters } = await preflight({ sides, source, target, providers, options, ruled })
  const begun = { record: await announce(starting, ruled, acceptedWriters) }
  try {
    return await copy(begun, starting)
  } catch (error) {
    // Nothing was copied yet, so nothing is kept; our sessions may have ended with the signal.
    if (begun.record.phase === 'starting') await takeBackAnew(begun.record, options)
    throw error
  }
}

async function copy(begun: { record: OnlineRecord }, starting: Starting): Promise<OnlineRecord> {
  const { options, sides, source, target } = starting
  const { signal, onEvent } = options
  const names = streamNames(begun.record.id, 'forward')
  await createPublication(source, names, begun.record.tables)
  const { slotTimeoutMs: timeoutMs = DEFAULT_SLOT_TIMEOUT_MS } = options
  const slot = await makeSlot(source, sides.source, names.slot, { timeoutMs, onEvent, signal })
  try {
    const report = await copyAtSlot({
      ...copyOptions(options),
      snapshot: slot.snapshot,
      onSnapshot: async () => slot[Symbol.asyncDispose](),
      onBegun: async () => {
        begun.record = await amend(target, begun.record, { phase: 'copying' })
      },
    })
    if (report.failures.length > 0) throw copyFailed(report.failures.length)
  } finally {
    await slot[Symbol.asyncDispose]()
  }
  return follow(begun.record, starting)
}

function copyOptions(options: OnlineStartOptions) {
  const { source, target, jobs, owners, privileges, tablespaces, roleMap, pgDump, onEvent, signal } = options
  return {
    source,
    target,
    ...(jobs === undefined ? {} : { jobs }),
    ...(owners === undefined ? {} : { owners }),
    ...(privileges === undefined ? {} : { privileges }),
    ...(tablespaces === undefined ? {} : { tablespaces }),
    ...(roleMap === undefined ? {} : { roleMap }),
    ...(pgDump === undefined ? {} : { pgDump }),
    ...(onEvent === undefined ? {} : { onEvent }),
    ...(signal === undefined ? {} : { signal }),
  }
}

/** After a crash, from the beginning of the copy on. */
async function goOn(record: OnlineRecord, starting: Starting): Promise<OnlineRecord> {
  const { options, sides, source, target } = starting
  // The ledger goes with the copy's last step: where there is none, the copy had come to its end.
  if ((await openLedger(target)) === undefined) return follow(record, starting)
  const now = { record }
  const streamed = streamedTables(record.tables)
  const referenced = await referencedPaused(source, record)
  const ruleOf = ({ schema, name }: { schema: string; name: string }) =>
    record.tables.find((table) => table.schema === schema && table.name === name)
  const failures = await copyTheRest({
    ...copyOptions(options),
    handedOver: record.handedOver,
    route: (table) => {
      const rule = ruleOf(table)
      if (rule?.rule === 'streamed') return 'stream'
      // Rows of an extension's own must stay; the others of that table are copied in one go, and again in the pause.
      return rule === undefined || rule.condition !== undefined ? 'copy' : 'later'
    },
    when: referenced.length > 0 ? 'always' : 'handed over',
    indexesFirst: (table) => (ruleOf(table)?.identity === 'key' ? 'keys' : 'all'),
    onHandOver: async (session, tables) => {
      const handedOver = [...now.record.handedOver, ...tables]
      now.record = await amend(session, now.record, { handedOver }, 'in this transaction')
    },
    bring: async () => {
      await handOver({
        source,
        target,
        names: streamNames(record.id, 'forward'),
        publisher: publisherFor(options.sourceFromTarget, sides),
        complete: streamed.filter((table) => !isAmong(now.record.handedOver, table)),
        signal: options.signal,
        onEvent: options.onEvent,
      })
      // Now that the stream stands still: what it has brought refers to rows of these that came after the copy began.
      await copyPausedTables(source, target, referenced)
    },
  })
  if (failures > 0) throw copyFailed(failures)
  return follow(now.record, starting)
}

/** Tables that are not streamed and that foreign keys of others point to: these cannot be made while they are empty, or of long ago. */
async function referencedPaused(source: Session, { tables }: OnlineRecord): Promise<TableRule[]> {
  const rows = await source.query<{ schema: string; name: string }>(
    `SELECT DISTINCT n.nspname::text AS schema, c.relname::text AS name
     FROM pg_catalog.pg_constraint k
     JOIN pg_catalog.pg_class c ON c.oid = k.confrelid
     JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
     WHERE k.contype = 'f' AND k.conrelid <> k.confrelid`,
  )
  return tables.filter((table) => table.rule === 'paused' && isAmong(rows, table))
}

function isAmong(tables: OnlineRecord['handedOver'], { schema, name }: { schema: string; name: string }): boolean {
  return tables.some((one) => one.schema === schema && one.name === name)
}

/** Has the target follow the source. Done again after a crash, it does no harm. */
async function follow(record: OnlineRecord, { options, sides, source, target }: Starting): Promise<OnlineRecord> {
  const names = streamNames(record.id, 'forward')
  // Until the cutover nobody but the stream writes to the target (invariant 6), nor does who was connected already.
  await close(target, [])
  await endSessions(target, {
    accepted: record.acceptedWriters ?? [],
    signal: options.signal ?? new AbortController().signal,
  })
  // Roles' settings in this database have come with the copy.
  await tellOfWriters(target, { accepted: record.acceptedWriters ?? [], onEvent: options.onEvent })
  if (!(await hasSubscription(target, names))) {
    await createSubscription(target, names, publisherFor(options.sourceFromTarget, sides))
  }
  await startSubscription(target, names)
  const following = await amend(target, record, { phase: 'streaming' })
  if (options.until !== 'streaming') {
    await drain(source, names.slot, await takeFence(source), options.signal ?? new AbortController().signal)
  }
  return following
}

/** Writes down what will be made and changed, and changes the replica identities that have to be. */
async function announce(
  { source, target, sides, options }: Starting,
  ruled: readonly RuledTable[],
  acceptedWriters: string[],
): Promise<OnlineRecord> {
  const record: OnlineRecord = {
    ...newRecord(ruled, sides, options),
    readOnlyBefore: await readOnlyOf([source, target]),
    acceptedWriters,
  }
  await createRecord(target, record)
  await rememberSchema(source, target)
  await changeIdentities(
    source,
    ruled.flatMap(({ change }) => change ?? []),
    options,
  )
  return record
}

/** What the databases say themselves, which is set back when they open. */
async function readOnlyOf(sessions: readonly Session[]): Promise<Partial<Record<Side, string>>> {
  const before: Partial<Record<Side, string>> = {}
  for (const session of sessions) {
    const setting = await readOnlySetting(session)
    if (setting !== undefined) before[session.side] = setting.value
  }
  return before
}

function newRecord(ruled: readonly RuledTable[], sides: Sides, options: OnlineStartOptions): OnlineRecord {
  return {
    id: newId(),
    source: { describe: sides.source.describe(), connection: withoutSecrets(sides.source) },
    reach: {
      sourceFromTarget: secretless(options.sourceFromTarget),
      targetFromSource: secretless(options.targetFromSource),
    },
    tables: ruled.map(({ rule }) => rule),
    choices: choicesOf(options),
    phase: 'starting',
    active: 'source',
    shutOut: { source: [], target: [] },
    switches: 0,
    changes: changesFor(ruled),
    wayBack: options.wayBack ?? 'with',
    handedOver: [],
  }
}

function choicesOf(options: OnlineStartOptions): OnlineRecord['choices'] {
  return {
    owners: options.owners ?? 'keep',
    privileges: options.privileges ?? 'keep',
    tablespaces: options.tablespaces ?? 'keep',
    roleMap: options.roleMap ?? {},
  }
}

/** On sessions of its own, which no signal ends. */
async function takeBackAnew(record: OnlineRecord, options: OnlineStartOptions): Promise<void> {
  const sides = sidesOf(options.source, options.target, undefined)
  await using source = await sides.open('source', 'online')
  await using target = await sides.open('target', 'online')
  await takeBack(record, source, target)
}

/** Removes what a start has made that has not begun to copy: slot, publications, changes, an unused ledger, the record. */
async function takeBack(record: OnlineRecord, source: Session, target: Session): Promise<void> {
  await dropPublished(source, streamNames(record.id, 'forward'))
  for (const change of record.changes.toReversed()) if (change.side === 'source') await setBack(source, change)
  await dropLedger(target)
  await dropRecord(target)
}

function secretless(connection: string | undefined): string | undefined {
  return connection === undefined ? undefined : withoutSecrets(parseConnection(connection))
}

function publisherFor(reach: string | undefined, sides: Sides) {
  return reach === undefined ? sides.source : parseConnection(reach)
}

function interrupted(cause: unknown): PgleapError {
  return new PgleapError({
    code: 'run.interrupted',
    message: 'Stopped as asked.',
    hint: 'The same command goes on, or begins anew where nothing was copied yet; `pgleap online abort` gives it up.',
    party: 'interrupted',
    cause,
  })
}

function underWay(target: Session): PgleapError {
  return new PgleapError({
    code: 'online.under-way',
    message: `The database "${target.database}" is the target of an online migration already.`,
    hint: 'See `pgleap online status`; `pgleap online abort` gives it up.',
    party: 'usage',
  })
}

function assertSameStart(record: OnlineRecord, { sides, options }: Starting): void {
  const isSame =
    record.source.describe === sides.source.describe() && isDeepStrictEqual(record.choices, choicesOf(options))
  if (isSame) return
  throw new PgleapError({
    code: 'online.other-start',
    message: `The target holds a start that broke, from ${record.source.describe} with other options.`,
    hint: 'Give the same source and options as then, or give it up with `pgleap online abort`.',
    party: 'usage',
  })
}

function copyFailed(failures: number): PgleapError {
  return new PgleapError({
    code: 'online.copy-failed',
    message: `${failures === 1 ? 'A step' : `${String(failures)} steps`} of the copy failed; the stream is not started.`,
    hint: 'Mend what the events name, then run the same command again, or give up with `pgleap online abort`.',
    party: 'target',
  })
}
