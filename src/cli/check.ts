import type { Command } from 'commander'
import { InvalidArgumentError } from 'commander'
import { EXIT_CODES } from '../errors.ts'
import { check } from './library.ts'
import type { CheckOptions, CheckVerdict, MigrationPath } from '../index.ts'
import { checkText } from '../report/index.ts'
import type { CheckFiles } from './check-files.ts'
import { prepareCheckFiles } from './check-files.ts'
import { addJsonOption, invoke } from './invocation.ts'
import type { Finish, JsonFlag } from './invocation.ts'
import { addOptions, positive, repeated } from './options.ts'
import type { OptionSpecs } from './options.ts'

const PATHS: readonly MigrationPath[] = ['offline', 'online', 'files', 'roles']

const CHECK_OPTIONS = {
  source: null,
  target: null,
  onEvent: null,
  signal: null,
  to: { flags: '--to <major>', help: 'the version to migrate to, without a target (18)', parse: positive },
  paths: {
    flags: '--path <way>',
    help: 'offline (default), online, files, roles; repeatable',
    parse: (text, before) => [...(before ?? []), pathNamed(text)],
  },
  sourceProvider: {
    flags: '--source-provider <id>',
    help: 'its service, where not recognised; or a YAML file',
    parse: (text) => text,
  },
  targetProvider: {
    flags: '--target-provider <id>',
    help: 'the same for the target',
    parse: (text) => text,
  },
  waivers: { flags: '--waivers <file>', help: 'YAML: findings that do not count', parse: (text) => text },
  skip: { flags: '--skip <id>', help: 'leave a check out; repeatable', parse: repeated },
} as const satisfies OptionSpecs<CheckOptions>

const EXIT: Record<CheckVerdict, number> = {
  READY: 0,
  BLOCKED: EXIT_CODES.findings,
  UNKNOWN: EXIT_CODES.partial,
}

export function addCheck(program: Command, finish: Finish): void {
  const command = program
    .command('check')
    .summary('find what stands in the way; changes nothing')
    .description('Finds what stands in the way of a migration, and says how to mend it. Changes nothing.')
    .argument('<source>', 'the database that would be read')
    .argument('[target]', 'the database that would be filled')
  const options = addOptions<CheckOptions>(command, CHECK_OPTIONS)
  addJsonOption(command)
    .option('--sarif <file>', 'write SARIF 2.1.0; - prints it')
    .option('--junit <file>', 'write JUnit XML; - prints it')
    .option('--fix-sql <file>', 'write the statements that mend, with their undo')
    .addHelpText('after', EXAMPLES)
    .action(async (source: string, target: string | undefined, flags: JsonFlag & CheckFiles) => {
      const run = invoke(flags.json, async ({ output, redact, signal }) => {
        const write = await prepareCheckFiles(flags, redact)
        const named = target === undefined ? {} : { target }
        const report = await check({ ...options, source, ...named, signal, onEvent: output.onEvent })
        const printed = await write(report)
        output.result('check', report, (style) => (printed.length > 0 ? printed.join('') : checkText(report, style)))
        return EXIT[report.verdict]
      })
      finish(await run)
    })
}

function pathNamed(text: string): MigrationPath {
  const path = PATHS.find((known) => known === text)
  if (path === undefined) throw new InvalidArgumentError(`'${text}' is none of ${PATHS.join(', ')}`)
  return path
}

const EXAMPLES = `
Exits with 0 where nothing blocks, 5 where something does, 7 where a check that
may block could not look. docs/checks.md lists the checks.

Examples:
  pgleap check postgres://old/app --to 17
  pgleap check postgres://old/app postgres://new/app --fix-sql fixes.sql`
