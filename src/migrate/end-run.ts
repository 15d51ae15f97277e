import type { Session } from '../connection/index.ts'
import { dropLedger } from '../engine/index.ts'
import type { RunReport } from '../report/index.ts'
import { reconnecting, type ReconnectingOptions } from './reconnecting.ts'

export interface EndRunOptions extends ReconnectingOptions {
  openTarget: () => Promise<Session>
}

/** The last of a run: its ledger goes, unless there are failures; the same command, or resume, tries those again. */
export async function endRun(
  { ms, verdict, failures }: Pick<RunReport, 'ms' | 'verdict' | 'failures'>,
  options: EndRunOptions,
): Promise<void> {
  if (failures.length === 0) {
    await reconnecting(options, async () => {
      await using target = await options.openTarget()
      await dropLedger(target)
    })
  }
  options.log.emit({ type: 'finished', at: Date.now(), ms, verdict, failures: failures.length })
}
