import type { Command } from 'commander'
import { migrate } from '../index.ts'
import type { MigrateOptions } from '../index.ts'
import { MIGRATE_OPTIONS } from './migrate-options.ts'
import { addJsonOption } from './invocation.ts'
import type { Finish } from './invocation.ts'
import { addOptions } from './options.ts'
import { showRun } from './run.ts'
import type { RunFlags } from './run.ts'

export function addMigrate(program: Command, finish: Finish): void {
  const command = program
    .command('migrate')
    .summary('copy a database and compare the copy')
    .description('Copies database SOURCE into database TARGET and compares both. Only reads SOURCE.')
    .argument('<source>', 'the database to read')
    .argument('<target>', 'the database to fill; empty, or made by --create')
  const options = addOptions<MigrateOptions>(command, MIGRATE_OPTIONS)
  addJsonOption(command)
    .option('--report <file>', 'write a report: .json, .md or .html')
    .addHelpText('after', EXAMPLES)
    .action(async (source: string, target: string, flags: RunFlags) => {
      const run = showRun(flags, ({ output, signal }) =>
        migrate({ ...options, source, target, signal, onEvent: output.onEvent }),
      )
      finish(await run)
    })
}

const EXAMPLES = `
Examples:
  pgleap migrate postgres://old/app postgres://new/app --report app.html
  pgleap migrate "host=/run/postgresql dbname=app" postgres://new/app --create

A broken run goes on with the same command, or with \`pgleap resume TARGET\`.`
