import { existsSync } from 'node:fs'
import type { Command } from 'commander'
import { EXIT_CODES } from '../errors.ts'
import { verify, verifyFiles } from './library.ts'
import type { Verdict, VerifyFilesOptions, VerifyOptions } from '../index.ts'
import { verifyFilesText, verifyText } from '../report/index.ts'
import { addJsonOption, invoke } from './invocation.ts'
import type { Finish, Invocation, JsonFlag } from './invocation.ts'
import { MIGRATE_OPTIONS } from './migrate-options.ts'
import { addOptions, oneOf } from './options.ts'
import type { OptionSpecs } from './options.ts'

const VERIFY_OPTIONS = {
  source: null,
  target: null,
  onEvent: null,
  signal: null,
  mode: {
    flags: '--mode <mode>',
    help: 'full (default) compares contents, counts only rows',
    parse: oneOf('full', 'counts'),
  },
  jobs: { ...MIGRATE_OPTIONS.jobs, help: 'sessions that read at a time on each side (2)' },
  include: MIGRATE_OPTIONS.include,
  exclude: MIGRATE_OPTIONS.exclude,
  excludeData: { ...MIGRATE_OPTIONS.excludeData, help: 'do not compare the rows of these tables; repeatable' },
  owners: { ...MIGRATE_OPTIONS.owners, help: 'do not compare owners' },
  privileges: { ...MIGRATE_OPTIONS.privileges, help: 'do not compare grants and default privileges' },
  tablespaces: { ...MIGRATE_OPTIONS.tablespaces, help: 'do not compare tablespaces' },
  roleMap: MIGRATE_OPTIONS.roleMap,
  tablespaceMap: MIGRATE_OPTIONS.tablespaceMap,
  sourceProvider: MIGRATE_OPTIONS.sourceProvider,
  targetProvider: MIGRATE_OPTIONS.targetProvider,
  nonEmptyTarget: { ...MIGRATE_OPTIONS.nonEmptyTarget, help: 'do not list what only the target holds' },
  pgDump: MIGRATE_OPTIONS.pgDump,
} as const satisfies OptionSpecs<VerifyOptions>

export function addVerify(program: Command, finish: Finish): void {
  const command = program
    .command('verify')
    .summary('compare two databases, and change neither')
    .description('Compares two databases: contents, sequences, schema, grants. Changes neither.')
    .argument('<source>', 'one database, or an archive of `pgleap dump`')
    .argument('<target>', 'the other one')
  const options = addOptions<VerifyOptions>(command, VERIFY_OPTIONS)
  addJsonOption(command)
    .addHelpText('after', EXAMPLES)
    .action(async (source: string, target: string, { json }: JsonFlag) => {
      finish(
        await invoke(json, async (invocation) => {
          const verdict = existsSync(source)
            ? await compareFiles({ ...options, from: source, target }, invocation)
            : await compareDatabases({ ...options, source, target }, invocation)
          return verdict === 'SAME' ? 0 : EXIT_CODES.difference
        }),
      )
    })
}

async function compareDatabases(options: VerifyOptions, { output, signal }: Invocation): Promise<Verdict> {
  const report = await verify({ ...options, signal, onEvent: output.onEvent })
  output.result('verify', report, (style) => verifyText(report, style))
  return report.verdict
}

async function compareFiles(options: VerifyFilesOptions, { output, signal }: Invocation): Promise<Verdict> {
  const report = await verifyFiles({ ...options, signal, onEvent: output.onEvent })
  output.result('verify', report, (style) => verifyFilesText(report, style))
  return report.verdict
}

const EXAMPLES = `
Exits with 0 for SAME, and with 6 for DIFFERENT and for UNKNOWN. What is written
while it runs is a difference: compare databases that nobody writes to. After a
migration, give it the options that the migration had.

Examples:
  pgleap verify postgres://old/app postgres://new/app
  pgleap verify postgres://old/app postgres://new/app --exclude-data 'log_*'
  pgleap verify app.dump postgres://new/app`
