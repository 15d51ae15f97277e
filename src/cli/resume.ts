import type { Command } from 'commander'
import { resume, resumeServer } from './library.ts'
import type { ResumeOptions, ResumeServerOptions } from '../index.ts'
import { addJsonOption } from './invocation.ts'
import type { Finish } from './invocation.ts'
import { MIGRATE_OPTIONS } from './migrate-options.ts'
import { addOptions } from './options.ts'
import type { OptionSpecs } from './options.ts'
import { showRun } from './run.ts'
import { SERVER_OPTIONS } from './server-options.ts'
import { refuseForeign, showServerRun } from './server-run.ts'
import type { ServerFlags } from './server-run.ts'

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

type OnlyServer = Omit<ResumeServerOptions, keyof ResumeOptions>

const RESUME_SERVER_OPTIONS = {
  databasesAtOnce: SERVER_OPTIONS.databasesAtOnce,
  rolePasswords: SERVER_OPTIONS.rolePasswords,
} as const satisfies OptionSpecs<OnlyServer>

export function addResume(program: Command, finish: Finish): void {
  const command = program
    .command('resume')
    .summary('go on with a run that broke or that had failures')
    .description('Goes on with the run that the ledger in TARGET describes; what is done stays done.')
    .argument('<target>', 'the database that the run fills')
  const options = addOptions<ResumeOptions>(command, RESUME_OPTIONS)
  command.option('--all-databases', 'the run of a whole server')
  const ofServer = addOptions<OnlyServer>(command, RESUME_SERVER_OPTIONS)
  addJsonOption(command)
    .option('--report <file>', 'write a report: .json, .md or .html')
    .addHelpText('after', EXAMPLES)
    .action(async (target: string, flags: ServerFlags) => {
      refuseForeign(flags, { ofServer, ofDatabase: [] })
      const run =
        flags.allDatabases === true
          ? showServerRun(flags, ({ output, signal }) =>
              resumeServer({ ...options, ...ofServer, target, signal, onEvent: output.onEvent }),
            )
          : showRun(flags, ({ output, signal }) => resume({ ...options, target, signal, onEvent: output.onEvent }))
      finish(await run)
    })
}

const EXAMPLES = `
Examples:
  pgleap resume postgres://new/app
  pgleap resume --all-databases postgres://new/postgres

\`pgleap status TARGET\` shows what a run has done and what failed.`
