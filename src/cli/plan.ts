import type { Command } from 'commander'
import { plan } from '../index.ts'
import type { PlanOptions } from '../index.ts'
import { planText } from '../report/index.ts'
import { addJsonOption, invoke } from './invocation.ts'
import type { Finish, JsonFlag } from './invocation.ts'
import { MIGRATE_OPTIONS } from './migrate-options.ts'
import { addOptions } from './options.ts'
import type { OptionSpecs } from './options.ts'

// Taken as they are: `create`, `nonEmptyTarget`, `newSnapshot` and `prediction` are about a run, not about a plan.
const {
  create: _create,
  nonEmptyTarget: _nonEmptyTarget,
  newSnapshot: _newSnapshot,
  prediction: _prediction,
  ...PLAN_OPTIONS
} = MIGRATE_OPTIONS
PLAN_OPTIONS satisfies OptionSpecs<PlanOptions>

export function addPlan(program: Command, finish: Finish): void {
  const command = program
    .command('plan')
    .summary('show what a migration would do; changes nothing')
    .description('Shows what a migration would do: steps, sizes, time. Changes nothing.')
    .argument('<source>', 'the database to read')
    .argument('<target>', 'the database that would be filled')
  const options = addOptions<PlanOptions>(command, PLAN_OPTIONS)
  addJsonOption(command)
    .addHelpText('after', EXAMPLES)
    .action(async (source: string, target: string, { json }: JsonFlag) => {
      finish(
        await invoke(json, async ({ output, signal }) => {
          const report = await plan({ ...options, source, target, signal, onEvent: output.onEvent })
          output.result('plan', report, (style) => planText(report, style))
          return 0
        }),
      )
    })
}

const EXAMPLES = `
Example:
  pgleap plan postgres://old/app postgres://new/app --exclude-data 'log_*'`
