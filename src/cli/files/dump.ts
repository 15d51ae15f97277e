import type { Command } from 'commander'
import { EXIT_CODES, PgleapError } from '../../errors.ts'
import { dump } from '../library.ts'
import type { DumpOptions } from '../../index.ts'
import { dumpText } from '../../report/index.ts'
import { addJsonOption, invoke } from '../invocation.ts'
import type { Finish, JsonFlag } from '../invocation.ts'
import { MIGRATE_OPTIONS } from '../migrate-options.ts'
import { addOptions, oneOf, positive } from '../options.ts'
import type { OptionSpecs } from '../options.ts'
import { COMPRESSION } from './compression.ts'

const DUMP_OPTIONS = {
  source: null,
  to: null,
  onEvent: null,
  signal: null,
  format: {
    flags: '--format <format>',
    help: 'directory (default), custom or plain',
    parse: oneOf('directory', 'custom', 'plain'),
  },
  compression: COMPRESSION.compression,
  compressionLevel: COMPRESSION.level,
  rows: {
    flags: '--rows <form>',
    help: 'text (default), or binary: quicker, but no script',
    parse: oneOf('text', 'binary'),
  },
  jobs: { ...MIGRATE_OPTIONS.jobs, help: 'tables that are read at a time (4)' },
  partSize: { ...MIGRATE_OPTIONS.partSize, help: 'read larger tables in parts of such a size: 1GB' },
  include: MIGRATE_OPTIONS.include,
  exclude: MIGRATE_OPTIONS.exclude,
  excludeData: { ...MIGRATE_OPTIONS.excludeData, help: 'leave out the rows of these tables; repeatable' },
  statistics: { flags: '--statistics', help: 'planner statistics too, for PostgreSQL 18', means: 'include' },
  hashes: { flags: '--no-hashes', help: 'no content hashes: contents cannot be compared', means: 'none' },
  manifest: { flags: '--manifest <file>', help: 'where it goes, with -', parse: (path) => path },
  resume: { flags: '--resume', help: 'keep what a broken dump had finished, if still true', means: 'resume' },
  snapshot: { flags: '--snapshot <name>', help: 'dump a snapshot that a session has exported', parse: (name) => name },
  space: { flags: '--no-space-check', help: 'begin though there seems to be too little room', means: 'ignore' },
  sourceProvider: MIGRATE_OPTIONS.sourceProvider,
  pgDump: MIGRATE_OPTIONS.pgDump,
  databases: { flags: '--all-databases', help: 'a folder: every database, and the roles', means: 'all' },
  includeDatabases: {
    flags: '--include-database <name>',
    help: 'only such, with * and ?; repeatable',
    parse: (text, before) => [...(before ?? []), text],
  },
  excludeDatabases: {
    flags: '--exclude-database <name>',
    help: 'leave out such; repeatable',
    parse: (text, before) => [...(before ?? []), text],
  },
  databasesAtOnce: { flags: '--databases-at-once <n>', help: 'with --all-databases (half of --jobs)', parse: positive },
  verifiers: { flags: '--no-role-passwords', help: 'no passwords of roles, not even hashed', means: 'omit' },
} as const satisfies OptionSpecs<DumpOptions>

export function addDump(program: Command, finish: Finish): void {
  const command = program
    .command('dump')
    .summary('write a database to files, with proof beside it')
    .description('Writes database SOURCE to TO, as pg_restore reads it, with hashes of its contents.')
    .argument('<source>', 'the database to read')
    .argument('<to>', 'what to make: a directory or a file; - is standard output')
  const options = addOptions<DumpOptions>(command, DUMP_OPTIONS)
  addJsonOption(command)
    .addHelpText('after', EXAMPLES)
    .action(async (source: string, to: string, { json }: JsonFlag) => {
      const run = invoke(
        json,
        async ({ output, signal }) => {
          const isStream = to === '-'
          if (isStream && json === true) throw bothOnStandardOutput()
          const format = options.format ?? (isStream ? 'plain' : 'directory')
          const place = isStream ? process.stdout : to
          const report = await dump({ ...options, format, source, to: place, signal, onEvent: output.onEvent })
          if (!isStream) output.result('dump', report, (style) => dumpText(report, style))
          return report.failed.length === 0 ? 0 : EXIT_CODES.partial
        },
        'Nothing that looks whole was left; the same command with --resume keeps what is still true.',
      )
      finish(await run)
    })
}

function bothOnStandardOutput(): PgleapError {
  return new PgleapError({
    code: 'usage.option',
    message: '--json and the dump would both go to standard output.',
    hint: 'Name a file to dump to, or leave --json out.',
    party: 'usage',
  })
}

const EXAMPLES = `
Examples:
  pgleap dump postgres://old/app app.dump
  pgleap dump postgres://old/app app.custom --format custom --compress zstd
  pgleap dump postgres://old/app app.dump --rows binary --compress zstd
  pgleap dump --all-databases postgres://old/postgres server.dump
  pgleap dump postgres://old/app - | gzip > app.sql.gz`
