import type { Command } from 'commander'
import { online } from '../library.ts'
import type { OnlineWatchOptions } from '../../index.ts'
import { addJsonOption } from '../invocation.ts'
import type { Finish, JsonFlag } from '../invocation.ts'
import { invokeOnline } from './invoke-online.ts'
import { addOptions, byteSize, duration, positive } from '../options.ts'
import type { OptionSpecs } from '../options.ts'
import { SOURCE, text } from './common-options.ts'

const WATCH_OPTIONS = {
  target: null,
  onEvent: null,
  signal: null,
  settledMs: null,
  source: SOURCE,
  everyMs: { flags: '--every <time>', help: 'time between two looks (2s)', parse: duration },
  slotBudget: { flags: '--slot-budget <size>', help: 'what the slot may keep: 20GB (10GB)', parse: byteSize },
  overBudget: { flags: '--keep-slot', help: 'only warn when it keeps more', means: 'warn' },
  webhook: { flags: '--webhook <url>', help: 'post phases and alarms there, as JSON', parse: text },
  metrics: { flags: '--metrics <port>', help: 'serve /metrics for Prometheus', parse: positive },
  metricsHost: { flags: '--metrics-host <address>', help: 'listen there (127.0.0.1)', parse: text },
} as const satisfies OptionSpecs<OnlineWatchOptions>

export function addWatch(group: Command, finish: Finish): void {
  const command = group
    .command('watch')
    .summary('report lag and alarms; keep to the slot budget')
    .description('Watches an online migration until it is over or this is stopped.')
    .argument('<target>', 'the target of the migration')
  const options = addOptions<OnlineWatchOptions>(command, WATCH_OPTIONS)
  addJsonOption(command)
    .addHelpText('after', EXAMPLES)
    .action(async (target: string, { json }: JsonFlag) => {
      const run = invokeOnline('watch', json, async ({ output, signal }) => {
        const report = await online.watch({ ...options, target, signal, onEvent: output.onEvent })
        output.result('online watch', report, () =>
          report.ended === 'stopped' ? 'Watched until stopped.\n' : 'The migration is over.\n',
        )
        return 0
      })
      finish(await run)
    })
}

const EXAMPLES = `
A slot that keeps more WAL than its budget is dropped, rather than let it fill
the disk of the server that is written to; the migration then begins anew.

Example:
  pgleap online watch postgres://new/app --slot-budget 50GB --metrics 9187`
