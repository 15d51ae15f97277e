import type { Session } from '../../connection/index.ts'
import type { Worker } from '../../engine/index.ts'
import type { Target } from './restoring.ts'

/** One of the restore's workers: a session on the target that has the settings of the archive. */
export class RestoreWorker implements Worker {
  readonly target: Session

  constructor(target: Session) {
    this.target = target
  }

  cancel(): Promise<void> {
    return this.target.cancel()
  }

  close(): Promise<void> {
    return this.target.close()
  }
}

export async function openWorker(
  target: Target,
  settings: readonly string[],
  signal: AbortSignal,
): Promise<RestoreWorker> {
  const session = await target.open('worker', signal)
  try {
    await session.script(settings.join(';\n'))
    return new RestoreWorker(session)
  } catch (error) {
    await session.close()
    throw error
  }
}
