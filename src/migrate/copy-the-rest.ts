import type { Session } from '../connection/index.ts'
import { clearFailures, doneSql, invalidate, openLedger, readDone, RunLock, type Ledger } from '../engine/index.ts'
import { PgleapError } from '../errors.ts'
import { STAGES, tableName, type PlannedStep, type Work } from '../plan/index.ts'
import { qualified } from '../sql.ts'
import { forwardStreamed } from './copy-at-slot.ts'
import { rereadDefinitions } from './definitions.ts'
import { finish } from './finish.ts'
import { notesOf, type Migration } from './migration.ts'
import { DEFAULT_JOBS, type MigrateOptions } from './options.ts'
import { takeSnapshot } from './read-source.ts'
import { closeRun, run } from './run.ts'
import { RunLog } from './run-log.ts'
import { openPair, servers } from './servers.ts'

export interface TableToBring {
  schema: string
  name: string
}

export interface CopyTheRestOptions extends Pick<
  MigrateOptions,
  'source' | 'target' | 'jobs' | 'pgDump' | 'onEvent' | 'signal'
> {
  /** How the rows of a table come that the copy has not finished: `stream`, empty until `later`, or copied once more, as they are now. */
  route: (table: TableToBring) => 'stream' | 'later' | 'copy'
  /** What names a row: the indexes that the stream needs before it brings any. */
  indexesFirst: (table: TableToBring) => 'keys' | 'all'
  /**
   * Called in the transaction that empties those of the route `stream` and marks them as done: what is written down on the
   * target then holds exactly if they are empty.
   */
  onHandOver: (target: Session, tables: TableToBring[]) => Promise<void>
  /** `always`, where what the stream brings is waited for although no table was handed over. */
  when: 'handed over' | 'always'
  /** Brings the rows of the tables that were ever handed over, and comes back when the stream stands still. */
  bring: () => Promise<void>
  /** Tables that an earlier call has handed over. */
  handedOver: readonly TableToBring[]
}

/** Above all stages: what is done once all rows are there. */
const AFTERWARDS = 100

/**
 * Goes on with a `copyAtSlot` that broke. Its snapshot is gone, and rows of two moments must not mix in one table: tables
 * that are complete stay, the others are emptied and their rows brought by the stream itself. What needs all rows, foreign
 * keys above all, is made after that. Returns how many steps failed; the ledger stays as long as there are any.
 *
 * @throws PgleapError `resume.nothing` where there is no ledger
 */
export async function copyTheRest(options: CopyTheRestOptions): Promise<number> {
  const { signal, jobs = DEFAULT_JOBS, pgDump } = options
  const log = new RunLog(forwardStreamed(options.onEvent))
  const ends = servers(options.source, options.target)
  log.phase('connect')
  await using pair = await openPair(ends, signal)
  await using lock = await RunLock.acquire((inner) => ends.openTarget('run lock', inner), signal)
  const ledger = await openLedger<Work>(pair.target)
  if (ledger === undefined) throw nothing()
  const notes = notesOf(ledger)
  await using snapshot = await takeSnapshot(ends, { choices: notes.choices, providers: notes.providers, signal })
  const common = { servers: ends, snapshot, ledger, notes, pgDump, log, signal }
  const reread = await rereadDefinitions({ ...common, target: pair.target })
  await clearFailures(pair.target)
  const migration: Migration = { ...common, definitions: reread?.definitions, archive: reread?.archive, jobs }
  /** Does the steps up to a stage, on the target's disk; returns how many failed. */
  const runUntil = async (lastStage: number) => {
    const outcome = await run(migration, lock, lastStage)
    await closeRun(pair.target, outcome)
    ledger.done = await readDone(pair.target)
    return outcome.failed.length
  }

  const failures = await runUntil(STAGES.schema)
  if (failures > 0) return failures
  const handedOver = [...options.handedOver, ...(await handOver(pair.target, ledger, options))]
  if (handedOver.length > 0 || options.when === 'always') {
    const { steps } = ledger
    ledger.steps = inTwoHalves(steps, handedOver, options)
    const failuresBefore = await runUntil(AFTERWARDS - 1)
    if (failuresBefore > 0) return failuresBefore
    ledger.steps = steps
    await snapshot.release()
    await options.bring()
  }
  const report = await finish(migration, lock)
  return report.failures.length
}

/** Empties what the copy has not finished, and takes its steps for done or for not begun, in one transaction (invariant 1). */
async function handOver(
  target: Session,
  ledger: Ledger<Work>,
  { route, onHandOver }: CopyTheRestOptions,
): Promise<TableToBring[]> {
  const streamed: TableToBring[] = []
  const done: number[] = []
  const again: number[] = []
  const emptied: string[] = []
  for (const { schema, name, ids } of copiesOf(ledger.steps)) {
    const open = ids.filter((id) => !ledger.done.has(id))
    if (open.length === 0) continue
    const way = route({ schema, name })
    if (way === 'copy') {
      // Parts of two snapshots never mix.
      if (open.length === ids.length) continue
      again.push(...ids.filter((id) => ledger.done.has(id)))
    } else {
      done.push(...open)
    }
    emptied.push(qualified(schema, name))
    if (way === 'stream') streamed.push({ schema, name })
  }
  await target.script('BEGIN; SET LOCAL synchronous_commit = on')
  try {
    if (emptied.length > 0) await target.script(`TRUNCATE ONLY ${emptied.join(', ONLY ')}`)
    await invalidate(target, again)
    if (done.length > 0) {
      await target.script(
        doneSql(
          ledger.run.id,
          done.map((step) => ({ step, bytes: 0, rows: 0 })),
        ),
      )
    }
    if (streamed.length > 0) await onHandOver(target, streamed)
    await target.script('COMMIT')
  } catch (error) {
    if (!target.broken) await target.script('ROLLBACK')
    throw error
  }
  ledger.done = await readDone(target)
  return streamed
}

function copiesOf(steps: readonly PlannedStep[]): (TableToBring & { ids: number[] })[] {
  const tables = new Map<string, TableToBring & { ids: number[] }>()
  for (const { id, work } of steps) {
    if (work.kind !== 'copy') continue
    const { schema, name } = work
    const key = qualified(schema, name)
    const table = tables.get(key) ?? { schema, name, ids: [] }
    table.ids.push(id)
    tables.set(key, table)
  }
  return [...tables.values()]
}

const AFTER_ROWS: readonly string[] = ['foreign-key', 'validate', 'analyze', 'statistics']

/** The same steps, with a later stage for those that need all rows, or are quicker with them, and for all that waits for such. */
function inTwoHalves(
  steps: readonly PlannedStep[],
  handedOver: readonly TableToBring[],
  { indexesFirst }: CopyTheRestOptions,
): PlannedStep[] {
  const late = new Set(handedOver.filter((table) => indexesFirst(table) === 'keys').map(tableName))
  const ofKeys = new Set(steps.flatMap(({ kind, dependsOn }) => (kind === 'key' ? dependsOn : [])))
  const afterwards = new Set<number>()
  return steps.map((step) => {
    const { id, kind, stage, table, work, dependsOn, after } = step
    const isLate =
      stage > STAGES.data ||
      AFTER_ROWS.includes(kind) ||
      (work.kind === 'definition' && work.of.startsWith('FK CONSTRAINT ')) ||
      (kind === 'index' && table !== undefined && late.has(table) && !ofKeys.has(id)) ||
      [...dependsOn, ...after].some((earlier) => afterwards.has(earlier))
    if (!isLate) return step
    afterwards.add(id)
    return { ...step, stage: AFTERWARDS + stage }
  })
}

function nothing(): PgleapError {
  return new PgleapError({
    code: 'resume.nothing',
    message: 'There is no run to go on with on the target.',
    hint: 'Give the migration up with `pgleap online abort`, and start again.',
    party: 'target',
  })
}
