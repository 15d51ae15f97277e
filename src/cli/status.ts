import type { Command } from 'commander'
import { status, statusServer } from './library.ts'
import type { StatusOptions } from '../index.ts'
import { serverStatusText, statusText } from '../report/index.ts'
import { addJsonOption, invoke } from './invocation.ts'
import type { Finish } from './invocation.ts'
import { addOptions } from './options.ts'
import type { OptionSpecs } from './options.ts'
import type { ServerFlags } from './server-run.ts'

const STATUS_OPTIONS = { target: null, onEvent: null, signal: null } as const satisfies OptionSpecs<StatusOptions>

export function addStatus(program: Command, finish: Finish): void {
  const command = program
    .command('status')
    .summary('show how far a running or broken run is')
    .description('Shows from the ledger in TARGET how far a run is. Changes nothing.')
    .argument('<target>', 'the database that the run fills')
  const options = addOptions<StatusOptions>(command, STATUS_OPTIONS)
  addJsonOption(command)
    .option('--all-databases', 'the run of a whole server')
    .addHelpText('after', EXAMPLES)
    .action(async (target: string, { json, allDatabases }: ServerFlags) => {
      finish(
        await invoke(json, async ({ output, signal }) => {
          if (allDatabases === true) {
            const report = await statusServer({ ...options, target, signal, onEvent: output.onEvent })
            output.result('status', report, (style) => serverStatusText(report, style))
            return 0
          }
          const report = await status({ ...options, target, signal, onEvent: output.onEvent })
          output.result('status', report, (style) => statusText(report, style))
          return 0
        }),
      )
    })
}

const EXAMPLES = `
Examples:
  pgleap status postgres://new/app
  pgleap status --all-databases postgres://new/postgres`
