import type { Command } from 'commander'
import { resume } from '../index.ts'
import type { ResumeOptions } from '../index.ts'
import { addJsonOption } from './invocation.ts'
import type { Finish } from './invocation.ts'
import { MIGRATE_OPTIONS } from './migrate-options.ts'
import { addOptions } from './options.ts'
import type { OptionSpecs } from './options.ts'
import { showRun } from './run.ts'
import type { RunFlags } from './run.ts'

const RESUME_OPTIONS = {
  target: null,
  onEvent: null,
  signal: null,
  source: {
    flags: '--source <connection>',
    help: 'the source, if it is not where it was',
    parse: (text) => text,
  },
  jobs: MIGRATE_OPTIONS.jobs,
  newSnapshot: MIGRATE_OPTIONS.newSnapshot,
  pgDump: MIGRATE_OPTIONS.pgDump,
} as const satisfies OptionSpecs<ResumeOptions>

export function addResume(program: Command, finish: Finish): void {
  const command = program
    .command('resume')
    .summary('go on with a run that broke or that had failures')
    .description('Goes on with the run that the ledger in TARGET describes; what is done stays done.')
    .argument('<target>', 'the database that the run fills')
  const options = addOptions<ResumeOptions>(command, RESUME_OPTIONS)
  addJsonOption(command)
    .option('--report <file>', 'write a report: .json, .md or .html')
    .addHelpText('after', EXAMPLES)
    .action(async (target: string, flags: RunFlags) => {
      finish(
        await showRun(flags, ({ output, signal }) => resume({ ...options, target, signal, onEvent: output.onEvent })),
      )
    })
}

const EXAMPLES = `
Example:
  pgleap resume postgres://new/app

\`pgleap status TARGET\` shows what a run has done and what failed.`
