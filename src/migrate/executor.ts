import { copyLargeObjects, copyPart, copySequences, type LargeObjectFailure } from '../copy/index.ts'
import type { Prepare, Step, StepResult, TaskContext } from '../engine/index.ts'
import { PgleapError, unreachable } from '../errors.ts'
import type { Definitions, Work } from '../plan/index.ts'
import type { Chosen } from './choices.ts'
import { openStatements, runDefinition } from './definition-steps.ts'
import type { RunLog } from './run-log.ts'
import type { MigrationWorker } from './worker.ts'

export interface ExecutorOptions {
  choices: Chosen
  /** Undefined where no step asks for any. */
  definitions: Definitions | undefined
  log: RunLog
}

/** How each kind of work is done; CONTRIBUTING.md says what a new one takes. */
export function executor(options: ExecutorOptions): Prepare<Work, MigrationWorker> {
  return (steps) => {
    const statements = steps.map(({ work }) => openStatements(work, () => definitionsOf(options)))
    if (statements.every((some) => some !== undefined)) return { kind: 'sql', statements: statements.flat() }
    return {
      kind: 'task',
      run: async (worker, context) => {
        if (steps.length > 1 && steps.every(isSequences)) return setSequences(steps, worker, context)
        const results: StepResult[] = []
        for (const step of steps) results.push(await runStep(step, worker, context, options))
        return results
      },
    }
  }
}

function definitionsOf({ definitions }: ExecutorOptions): Definitions {
  if (definitions !== undefined) return definitions
  throw new PgleapError({
    code: 'internal.no-definitions',
    message: 'A step asks for a definition of the source, which was not read.',
    hint: 'This is a bug in pgleap; please report it.',
    party: 'internal',
  })
}

type SequencesStep = Step<Extract<Work, { kind: 'sequences' }>>

function isSequences(step: Step<Work>): step is SequencesStep {
  return step.work.kind === 'sequences'
}

/** A batch of them in one go: thousands of sequences would be thousands of round trips. */
async function setSequences(
  steps: readonly SequencesStep[],
  worker: MigrationWorker,
  context: TaskContext,
): Promise<StepResult[]> {
  const sequences = steps.flatMap(({ work }) => work.sequences)
  await worker.reading(context.signal, (source) => copySequences(source, worker.target, sequences))
  return steps.map(({ work }) => ({ bytes: 0, rows: work.sequences.length }))
}

async function runStep(
  step: Step<Work>,
  worker: MigrationWorker,
  context: TaskContext,
  executorOptions: ExecutorOptions,
): Promise<StepResult> {
  const { work } = step
  const { target } = worker
  const { choices, log } = executorOptions
  const options = {
    signal: context.signal,
    onProgress: (bytes: number, rows: number) => {
      context.onProgress(step.id, { bytes, rows })
    },
  }
  switch (work.kind) {
    case 'sql':
      for (const statement of work.statements) await target.script(statement)
      return { bytes: 0, rows: 0 }
    case 'definition':
      await runDefinition(target, work, definitionsOf(executorOptions))
      return { bytes: 0, rows: 0 }
    case 'copy':
      return worker.reading(context.signal, (source) => copyPart(source, target, work, options))
    case 'sequences': {
      const { rows } = await worker.reading(context.signal, (source) => copySequences(source, target, work.sequences))
      return { bytes: 0, rows }
    }
    case 'large-objects': {
      const { owners, privileges: grants, roleMap } = choices
      const moved = await worker.reading(context.signal, (source) =>
        copyLargeObjects(source, target, work, { ...options, owners, grants, roleMap }),
      )
      noteLargeObjects(moved.failures, log)
      return { bytes: moved.bytes, rows: moved.rows }
    }
    default:
      return unreachable(work)
  }
}

/** One notice a reason: there may be a hundred thousand objects with the same. */
function noteLargeObjects(failures: readonly LargeObjectFailure[], log: RunLog): void {
  const groups = new Map<string, LargeObjectFailure[]>()
  for (const failure of failures) {
    const key = `${failure.what} ${failure.reason}`
    groups.set(key, [...(groups.get(key) ?? []), failure])
  }
  for (const [first, ...others] of groups.values()) {
    if (first === undefined) continue
    const and = others.length === 0 ? '' : ` and ${String(others.length)} other large objects`
    log.notice({
      level: 'warning',
      code: 'large-object.incomplete',
      message: `The ${first.what} of large object ${String(first.oid)}${and} could not be carried over: ${first.reason}`,
      object: String(first.oid),
    })
  }
}
