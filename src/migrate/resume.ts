import { parseConnection } from '../connection/index.ts'
import { clearFailures, invalidate, openLedger, RunLock, updateRun, type Ledger } from '../engine/index.ts'
import { PgleapError } from '../errors.ts'
import type { Work } from '../plan/index.ts'
import { qualified } from '../sql.ts'
import type { RunReport } from '../report/index.ts'
import { rereadDefinitions } from './definitions.ts'
import { finish } from './finish.ts'
import { notesOf, refuseRestore, type LargerRun } from './migration.ts'
import { noteOlderRows } from './older-rows.ts'
import { DEFAULT_JOBS, type ResumeOptions } from './options.ts'
import { takeSnapshot } from './read-source.ts'
import { RunLog } from './run-log.ts'
import { openPair, openSession, servers, type Pair, type Servers } from './servers.ts'

/**
 * Goes on with the run that the target's ledger describes: steps that are done stay done, the others are done now, failed
 * ones included.
 *
 * @throws PgleapError `resume.nothing` where the target has no ledger, `snapshot.lost` where the source has been written to
 *   since the run began and no new snapshot is allowed
 */
export async function resume(options: ResumeOptions): Promise<RunReport> {
  const { signal } = options
  const log = new RunLog(options.onEvent)
  log.phase('connect')
  const source = options.source ?? (await sourceOf(options))
  const ends = servers(source, options.target)
  await using pair = await openPair(ends, signal)
  await using lock = await RunLock.acquire((inner) => ends.openTarget('run lock', inner), signal)
  const ledger = await openLedger<Work>(pair.target)
  if (ledger === undefined) throw nothing(ends.target.describe())
  return await goOn({ servers: ends, pair, lock, ledger, log, options })
}

async function sourceOf({ target, signal }: ResumeOptions): Promise<string> {
  const info = parseConnection(target)
  await using session = await openSession(info, 'target', 'control', signal)
  const run = (await openLedger(session))?.run
  if (run !== undefined) refuseRestore(run)
  const connection = run?.source['connection']
  if (connection === undefined) throw nothing(info.describe())
  return connection
}

function nothing(target: string): PgleapError {
  return new PgleapError({
    code: 'resume.nothing',
    message: `There is no run to go on with in ${target}.`,
    hint: 'Start one with "pgleap migrate SOURCE TARGET".',
    party: 'usage',
  })
}

export interface GoOnOptions {
  servers: Servers
  pair: Pair
  lock: RunLock
  ledger: Ledger<Work>
  log: RunLog
  options: Omit<ResumeOptions, 'source' | 'target'>
  onReport?: LargerRun['onReport']
}

export async function goOn({
  servers: ends,
  pair,
  lock,
  ledger,
  log,
  options,
  onReport,
}: GoOnOptions): Promise<RunReport> {
  const { signal, jobs = DEFAULT_JOBS, newSnapshot = 'refuse' } = options
  const notes = notesOf(ledger)
  await using snapshot = await takeSnapshot(ends, {
    choices: notes.choices,
    providers: notes.providers,
    earlier: ledger.run.snapshot,
    whenLost: newSnapshot === 'allow' ? 'replace' : 'refuse',
    signal,
  })
  const { pgDump } = options
  const reread = await rereadDefinitions({
    servers: ends,
    target: pair.target,
    snapshot,
    ledger,
    notes,
    pgDump,
    log,
    signal,
  })
  if (snapshot.continuity === 'new') {
    await startMixedTablesAnew(pair, ledger, snapshot.identity)
    await noteOlderRows(pair.source, { ledger, notes, log })
  }
  await clearFailures(pair.target)
  log.emit({
    type: 'resumed',
    at: Date.now(),
    done: ledger.done.size,
    left: ledger.steps.length - ledger.done.size,
    snapshot: snapshot.continuity === 'new' ? 'new' : 'same',
  })
  const open = ledger.steps.filter(({ id }) => !ledger.done.has(id))
  const cost = open.reduce((sum, step) => sum + step.cost, 0)
  log.emit({
    type: 'plan',
    at: Date.now(),
    steps: open.length,
    tables: new Set(open.flatMap(({ table }) => table ?? [])).size,
    bytes: open.reduce((sum, step) => sum + step.bytes, 0),
    // The cost of a chain is not known here; side by side without waiting is the best case.
    estimateMs: Math.round(cost / jobs),
    cost,
  })
  return await finish(
    {
      servers: ends,
      snapshot,
      ledger,
      notes,
      definitions: reread?.definitions,
      archive: reread?.archive,
      jobs,
      pgDump,
      log,
      signal,
      onReport,
    },
    lock,
  )
}

/**
 * Two snapshots never mix inside one table: a row that moved between them could be seen by both parts, or by none. So a
 * table of which some parts are done and some are not is emptied, and all of its parts are done again; sequences, too.
 */
async function startMixedTablesAnew(pair: Pair, ledger: Ledger<Work>, snapshot: string): Promise<void> {
  const parts = new Map<string, { schema: string; name: string; ids: number[] }>()
  const again: number[] = []
  for (const { id, work } of ledger.steps) {
    if (work.kind === 'copy' && work.mode === 'append') {
      const name = qualified(work.schema, work.name)
      const table = parts.get(name) ?? { schema: work.schema, name: work.name, ids: [] }
      table.ids.push(id)
      parts.set(name, table)
    }
    if (work.kind === 'sequences' && ledger.done.has(id)) again.push(id)
  }
  const statements: string[] = []
  for (const [name, { ids }] of parts) {
    const done = ids.filter((id) => ledger.done.has(id))
    if (done.length === 0 || done.length === ids.length) continue
    statements.push(`TRUNCATE ONLY ${name}`)
    again.push(...done)
  }
  const { target } = pair
  await target.script('BEGIN')
  try {
    for (const statement of statements) await target.script(statement)
    await invalidate(target, again)
    await updateRun(target, { snapshot })
    await target.script('COMMIT')
  } catch (error) {
    await target.script('ROLLBACK').catch(() => {})
    throw error
  }
  for (const id of again) ledger.done.delete(id)
}
