import type { Prepare, Step, StepResult, TaskContext } from '../../engine/index.ts'
import { unreachable } from '../../errors.ts'
import { withoutQuotedSecrets } from '../../migrate/index.ts'
import type { Definitions, DefinitionWork, RestoreWork } from '../../plan/index.ts'
import type { Files } from './files.ts'
import { fillLargeObjects } from './large-objects.ts'
import { bringRows } from './rows.ts'
import type { RestoreWorker } from './worker.ts'

export interface ExecutorOptions {
  files: Files
  definitions: Definitions
}

/** How each kind of a restore's work is done. */
export function executor(options: ExecutorOptions): Prepare<RestoreWork, RestoreWorker> {
  return (steps) => {
    const statements = steps.map(({ work }) => openStatements(work, options))
    if (statements.every((some) => some !== undefined)) return { kind: 'sql', statements: statements.flat() }
    return {
      kind: 'task',
      run: async (worker, context) => {
        const results: StepResult[] = []
        for (const step of steps) results.push(await runStep(step, worker, context, options))
        return results
      },
    }
  }
}

/** Statements that may travel with others; what a server says of one with a secret has to be told from the rest. */
function openStatements(work: RestoreWork, { definitions }: ExecutorOptions): string[] | undefined {
  if (work.kind === 'sql') return work.statements
  if (work.kind !== 'definition') return undefined
  return definitions.secretIn(work) === 'none' ? definitions.sql(work) : undefined
}

async function runDefinition(worker: RestoreWorker, work: DefinitionWork, definitions: Definitions): Promise<void> {
  try {
    for (const statement of definitions.sql(work)) await worker.target.script(statement)
  } catch (error) {
    throw definitions.secretIn(work) === 'none' ? error : withoutQuotedSecrets(error)
  }
}

async function runStep(
  { id, work }: Step<RestoreWork>,
  worker: RestoreWorker,
  context: TaskContext,
  { files, definitions }: ExecutorOptions,
): Promise<StepResult> {
  const { target } = worker
  const { signal } = context
  const onProgress = (bytes: number) => {
    context.onProgress(id, { bytes, rows: 0 })
  }
  switch (work.kind) {
    case 'sql':
      for (const statement of work.statements) await target.script(statement)
      return { bytes: 0, rows: 0 }
    case 'definition':
      await runDefinition(worker, work, definitions)
      return { bytes: 0, rows: 0 }
    case 'entry-data':
      return bringRows(target, files, work, { signal, onProgress })
    case 'entry-large-objects':
      return fillLargeObjects(target, files, work.entry, { signal, onProgress })
    default:
      return unreachable(work)
  }
}
