// Registered in vitest.config.ts: runs in vitest's main process, which holds the shared servers of all workers.
import { RUN_VARIABLE, endRun, runDirectory } from './run-directory.ts'
import { startBroker } from './shared.ts'

export default async function setup(): Promise<() => Promise<void>> {
  const directory = runDirectory()
  const stop = await startBroker()
  process.env[RUN_VARIABLE] = directory
  return async () => {
    await stop()
    await endRun()
  }
}
