import type { Command } from 'commander'
import { EXIT_CODES } from '../../errors.ts'
import { online } from '../library.ts'
import type { OnlineStatusOptions } from '../../index.ts'
import { onlineStatusText } from '../../report/index.ts'
import { addJsonOption } from '../invocation.ts'
import type { Finish, JsonFlag } from '../invocation.ts'
import { invokeOnline } from './invoke-online.ts'
import { addOptions, byteSize } from '../options.ts'
import type { OptionSpecs } from '../options.ts'
import { SOURCE } from './common-options.ts'

const STATUS_OPTIONS = {
  target: null,
  onEvent: null,
  signal: null,
  source: SOURCE,
  slotBudget: { flags: '--slot-budget <size>', help: 'what the slot may keep: 20GB (10GB)', parse: byteSize },
} as const satisfies OptionSpecs<OnlineStatusOptions>

export function addStatus(group: Command, finish: Finish): void {
  const command = group
    .command('status')
    .summary('show on one screen where it stands, and what blocks')
    .description('Shows where an online migration stands, and what is in the way of the next step.')
    .argument('<target>', 'the target of the migration')
  const options = addOptions<OnlineStatusOptions>(command, STATUS_OPTIONS)
  addJsonOption(command)
    .addHelpText('after', EXAMPLES)
    .action(async (target: string, { json }: JsonFlag) => {
      const run = invokeOnline('status', json, async ({ output, signal }) => {
        const report = await online.status({ ...options, target, signal, onEvent: output.onEvent })
        output.result('online status', report, (style) => onlineStatusText(report, style))
        return report.state === 'under way' && report.blocks.length > 0 ? EXIT_CODES.findings : 0
      })
      finish(await run)
    })
}

const EXAMPLES = `
Exits with 0 where nothing is in the way of a cutover or rollback, else with 5.
After a finish or an abort it lists what is left; with --source, on both sides.

Example:
  pgleap online status postgres://new/app`
