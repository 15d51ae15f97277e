import type { Command } from 'commander'
import { EXIT_CODES, PgleapError, unreachable } from '../../errors.ts'
import { formOf, restore, restoreScript, restoreServer } from '../library.ts'
import type { RestoreOptions, RestoreScriptOptions, RestoreServerOptions } from '../../index.ts'
import { restoreText, scriptText, serverText } from '../../report/index.ts'
import { addJsonOption, invoke, type Invocation } from '../invocation.ts'
import type { Finish, JsonFlag } from '../invocation.ts'
import { MIGRATE_OPTIONS } from '../migrate-options.ts'
import { addOptions, byteSize } from '../options.ts'
import type { OptionSpecs } from '../options.ts'
import { prepareReport } from '../report-file.ts'
import { SERVER_OPTIONS } from '../server-options.ts'
import { exitCodeOfServer } from '../server-run.ts'

/** What both kinds of files take stands here once; see `shared`. */
const RESTORE_OPTIONS = {
  from: null,
  target: null,
  onEvent: null,
  signal: null,
  jobs: { ...MIGRATE_OPTIONS.jobs, help: 'steps at a time, a session each (4)' },
  include: MIGRATE_OPTIONS.include,
  exclude: MIGRATE_OPTIONS.exclude,
  excludeData: MIGRATE_OPTIONS.excludeData,
  owners: MIGRATE_OPTIONS.owners,
  privileges: MIGRATE_OPTIONS.privileges,
  tablespaces: MIGRATE_OPTIONS.tablespaces,
  roleMap: MIGRATE_OPTIONS.roleMap,
  tablespaceMap: MIGRATE_OPTIONS.tablespaceMap,
  sourceProvider: { ...MIGRATE_OPTIONS.sourceProvider, help: 'the service that it was dumped from' },
  targetProvider: MIGRATE_OPTIONS.targetProvider,
  verify: MIGRATE_OPTIONS.verify,
  create: { ...MIGRATE_OPTIONS.create, help: 'make the target database' },
  nonEmptyTarget: MIGRATE_OPTIONS.nonEmptyTarget,
  pgDump: MIGRATE_OPTIONS.pgDump,
  source: {
    flags: '--source <database>',
    help: 'where it came from: tells what was written since',
    parse: (text) => text,
  },
} as const satisfies OptionSpecs<RestoreOptions>

interface RestoreFlags extends JsonFlag {
  report?: string
  allDatabases?: true
}

type OnlyScript = Omit<RestoreScriptOptions, keyof RestoreOptions>

const SCRIPT_OPTIONS = {
  script: null,
  onError: { flags: '--stop-on-error', help: 'of a script: end at the first real error', means: 'stop' },
  clean: { flags: '--allow-drop', help: 'of a script: it may drop what is there', means: 'allow' },
  statementLimit: {
    flags: '--statement-limit <size>',
    help: 'of a script: the longest statement (256MB)',
    parse: byteSize,
  },
} as const satisfies OptionSpecs<OnlyScript>

type OnlyServer = Omit<RestoreServerOptions, keyof RestoreOptions>

/** What many databases take beside the options of one archive. */
const FOLDER_OPTIONS = {
  databasesAtOnce: SERVER_OPTIONS.databasesAtOnce,
  includeDatabases: SERVER_OPTIONS.includeDatabases,
  excludeDatabases: SERVER_OPTIONS.excludeDatabases,
  rolePasswords: SERVER_OPTIONS.rolePasswords,
  ownMemberships: SERVER_OPTIONS.ownMemberships,
} as const satisfies OptionSpecs<OnlyServer>

export function addRestore(program: Command, finish: Finish): void {
  const command = program
    .command('restore')
    .summary('fill a database from files; pg_dump’s too')
    .description('Fills TARGET from an archive or a script of pg_dump, pg_dumpall or pgleap.')
    .argument('<from>', 'a directory, a file (custom, tar, plain SQL), or - for a script')
    .argument('<target>', 'the database to fill; empty, or made by --create')
  const ofArchive = addOptions<RestoreOptions>(command, RESTORE_OPTIONS)
  const ofScript = addOptions<OnlyScript>(command, SCRIPT_OPTIONS)
  command.option('--all-databases', 'the whole server that a folder holds')
  command.option('--report <file>', 'of archives: write a report: .json, .md or .html')
  const ofServer = addOptions<OnlyServer>(command, FOLDER_OPTIONS)
  addJsonOption(command)
    .addHelpText('after', EXAMPLES)
    .action(async (from: string, target: string, { json, allDatabases, report }: RestoreFlags) => {
      finish(
        await invoke(
          json,
          async (invocation) => {
            if (allDatabases === true) {
              const { create, nonEmptyTarget, include, exclude, excludeData, ...common } = ofArchive
              refuse({ create, nonEmptyTarget, include, exclude, excludeData, ...ofScript }, [], 'a whole server')
              return runServer({ ...common, ...ofServer, from, target }, report, invocation)
            }
            const form = from === '-' ? 'script' : await formOf(from)
            switch (form) {
              case 'server':
                throw wholeServer(from)
              case 'script':
                refuse({ ...ofArchive, ...ofServer, report }, SHARED, 'a script')
                return runScript({ ...shared(ofArchive), ...ofScript, from, target }, invocation)
              case 'archive':
                refuse({ ...ofScript, ...ofServer }, [], 'an archive')
                return runArchive({ ...ofArchive, from, target }, report, invocation)
              default:
                return unreachable(form)
            }
          },
          'What was done stays done; the same command goes on with the rest.',
        ),
      )
    })
}

async function runArchive(
  options: RestoreOptions,
  file: string | undefined,
  { output, signal, redact }: Invocation,
): Promise<number> {
  const write = await prepareReport(file, redact)
  const report = await restore({ ...options, signal, onEvent: output.onEvent })
  output.result('restore', report, (style) => restoreText(report, style))
  await write(report)
  if (report.failures.length > 0 || report.blocked.length > 0) return EXIT_CODES.partial
  if (report.verdict === 'DIFFERENT') return EXIT_CODES.difference
  // Without a manifest nobody can say more than that all of it was restored.
  return report.verdict === 'UNKNOWN' && report.archive.manifest === 'present' ? EXIT_CODES.difference : 0
}

async function runServer(
  options: RestoreServerOptions,
  file: string | undefined,
  { output, signal, redact }: Invocation,
): Promise<number> {
  const write = await prepareReport(file, redact)
  const report = await restoreServer({ ...options, signal, onEvent: output.onEvent })
  output.result('restore', report, (style) => serverText(report, style))
  await write(report)
  return exitCodeOfServer(report)
}

async function runScript(
  { from, ...options }: Omit<RestoreScriptOptions, 'script'> & { from: string },
  { output, signal }: Invocation,
): Promise<number> {
  const script = from === '-' ? process.stdin : from
  const report = await restoreScript({ ...options, script, signal, onEvent: output.onEvent })
  output.result('restore', report, (style) => scriptText(report, style))
  return report.outcome === 'restored' ? 0 : EXIT_CODES.partial
}

/** What a script takes of an archive's options. */
const SHARED: readonly string[] = ['create', 'targetProvider']

function shared({
  create,
  targetProvider,
}: Partial<RestoreOptions>): Pick<RestoreScriptOptions, 'create' | 'targetProvider'> {
  return { ...(create === undefined ? {} : { create }), ...(targetProvider === undefined ? {} : { targetProvider }) }
}

/** An option that is taken without a word and has no effect is worse than none. */
function refuse(given: object, taken: readonly string[], what: string): void {
  const specs: Record<string, { flags: string } | null> = {
    ...RESTORE_OPTIONS,
    ...SCRIPT_OPTIONS,
    ...FOLDER_OPTIONS,
    report: { flags: '--report <file>' },
  }
  const foreign = Object.entries(given).flatMap(([key, value]) => {
    return value === undefined || taken.includes(key) ? [] : [key]
  })
  if (foreign.length === 0) return
  const names = foreign.map((key) => specs[key]?.flags.match(/--[a-z-]+/u)?.[0] ?? key)
  throw new PgleapError({
    code: 'usage.option',
    message: `${names.join(', ')} ${names.length === 1 ? 'has' : 'have'} no meaning for ${what}.`,
    hint: 'A script is run as it is; an archive has entries, which can be chosen and renamed; of a whole server, databases can be. Leave the option out.',
    party: 'usage',
  })
}

function wholeServer(folder: string): PgleapError {
  return new PgleapError({
    code: 'usage.whole-server',
    message: `${folder} holds a whole server.`,
    hint: 'Its roles and all of its databases are restored with --all-databases.',
    party: 'usage',
  })
}

const EXAMPLES = `
Exits with 0 where all of it was restored and nothing differs, 6 where something
does or pgleap's dump has no hashes, 7 where a part failed. Contents of dumps of
other tools are not compared.

Examples:
  pgleap restore app.dump postgres://new/app
  pgleap restore app.tar postgres://new/app --no-owner
  pgleap restore everything.sql.gz postgres://new/postgres
  pgleap restore --all-databases server.dump postgres://new/postgres`
