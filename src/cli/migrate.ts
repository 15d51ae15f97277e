import type { Command } from 'commander'
import { migrate, migrateServer } from './library.ts'
import type { MigrateOptions } from '../index.ts'
import { MIGRATE_OPTIONS } from './migrate-options.ts'
import { addJsonOption } from './invocation.ts'
import type { Finish } from './invocation.ts'
import { addOptions } from './options.ts'
import { showRun } from './run.ts'
import { SERVER_OPTIONS, type OnlyServer } from './server-options.ts'
import { refuseForeign, showServerRun } from './server-run.ts'
import type { ServerFlags } from './server-run.ts'

export function addMigrate(program: Command, finish: Finish): void {
  const command = program
    .command('migrate')
    .summary('copy a database and compare the copy')
    .description('Copies database SOURCE into database TARGET and compares both. Only reads SOURCE.')
    .argument('<source>', 'the database to read')
    .argument('<target>', 'the database to fill; empty, or made by --create')
  const options = addOptions<MigrateOptions>(command, MIGRATE_OPTIONS)
  command.option('--all-databases', 'the whole server: roles and every database')
  const ofServer = addOptions<OnlyServer>(command, SERVER_OPTIONS)
  addJsonOption(command)
    .option('--report <file>', 'write a report: .json, .md or .html')
    .addHelpText('after', EXAMPLES)
    .action(async (source: string, target: string, flags: ServerFlags) => {
      const { create, nonEmptyTarget, include, exclude, excludeData, prediction, ...common } = options
      refuseForeign(flags, {
        ofServer,
        ofDatabase: [
          [create, '--create'],
          [nonEmptyTarget, '--into-non-empty'],
          [include, '--include'],
          [exclude, '--exclude'],
          [excludeData, '--exclude-data'],
          [prediction, '--prediction'],
        ],
      })
      const run =
        flags.allDatabases === true
          ? showServerRun(flags, ({ output, signal }) =>
              migrateServer({ ...common, ...ofServer, source, target, signal, onEvent: output.onEvent }),
            )
          : showRun(flags, ({ output, signal }) =>
              migrate({ ...options, source, target, signal, onEvent: output.onEvent }),
            )
      finish(await run)
    })
}

const EXAMPLES = `
Examples:
  pgleap migrate postgres://old/app postgres://new/app --report app.html
  pgleap migrate "host=/run/postgresql dbname=app" postgres://new/app --create
  pgleap migrate --all-databases postgres://old/postgres postgres://new/postgres

A broken run goes on with the same command, or with \`pgleap resume TARGET\`.
docs/whole-servers.md tells what --all-databases does.`
