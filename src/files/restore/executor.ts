import type { Prepare, Step, StepResult, TaskContext } from '../../engine/index.ts'
import { unreachable } from '../../errors.ts'
import { openStatements, runDefinition } from '../../migrate/index.ts'
import type { Definitions, RestoreWork } from '../../plan/index.ts'
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
    const statements = steps.map(({ work }) => openStatements(work, () => options.definitions))
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
      await runDefinition(target, work, definitions)
      return { bytes: 0, rows: 0 }
    case 'entry-data':
      return bringRows(target, files, work, { signal, onProgress })
    case 'entry-large-objects':
      return fillLargeObjects(target, files, work.entry, { signal, onProgress })
    default:
      return unreachable(work)
  }
}
