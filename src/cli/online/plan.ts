import type { Command } from 'commander'
import { online } from '../library.ts'
import type { OnlinePlanOptions } from '../../index.ts'
import { onlinePlanText } from '../../report/index.ts'
import { addJsonOption } from '../invocation.ts'
import type { Finish, JsonFlag } from '../invocation.ts'
import { invokeOnline } from './invoke-online.ts'
import { addOptions } from '../options.ts'
import type { OptionSpecs } from '../options.ts'

const PLAN_OPTIONS = {
  source: null,
  target: null,
  onEvent: null,
  signal: null,
} as const satisfies OptionSpecs<OnlinePlanOptions>

export function addPlan(group: Command, finish: Finish): void {
  const command = group
    .command('plan')
    .summary('show how each table would be kept in step')
    .description('Shows how each table would be kept in step, and why. Changes nothing.')
    .argument('<source>', 'the database that is written to')
    .argument('<target>', 'the database that would be filled')
  const options = addOptions<OnlinePlanOptions>(command, PLAN_OPTIONS)
  addJsonOption(command)
    .addHelpText('after', '\nExample:\n  pgleap online plan postgres://old/app postgres://new/app')
    .action(async (source: string, target: string, { json }: JsonFlag) => {
      const run = invokeOnline('plan', json, async ({ output, signal }) => {
        const report = await online.plan({ ...options, source, target, signal, onEvent: output.onEvent })
        output.result('online plan', report, (style) => onlinePlanText(report, style))
        return 0
      })
      finish(await run)
    })
}
