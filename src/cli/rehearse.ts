import { writeFile } from 'node:fs/promises'
import type { Command } from 'commander'
import { InvalidArgumentError } from 'commander'
import { EXIT_CODES } from '../errors.ts'
import { rehearse } from './library.ts'
import type { RehearsalReport, RehearseOptions } from '../index.ts'
import { rehearsalText } from '../report/index.ts'
import { addJsonOption, invoke } from './invocation.ts'
import type { Finish, JsonFlag } from './invocation.ts'
import { MIGRATE_OPTIONS } from './migrate-options.ts'
import { addOptions, positive } from './options.ts'
import type { OptionSpecs } from './options.ts'
import { assertWritable, cannotWrite } from './report-file.ts'

const REHEARSE_OPTIONS = {
  source: null,
  target: null,
  onEvent: null,
  signal: null,
  to: { flags: '--to <major>', help: 'without a target: on an embedded server', parse: positive },
  data: { flags: '--with-data', help: 'copy the rows too, and predict the time', means: 'copy' },
  sample: { flags: '--sample <share>', help: 'copy so much of the larger tables: 5%', parse: share },
  jobs: MIGRATE_OPTIONS.jobs,
  pgDump: MIGRATE_OPTIONS.pgDump,
} as const satisfies OptionSpecs<RehearseOptions>

export function addRehearse(program: Command, finish: Finish): void {
  const command = program
    .command('rehearse')
    .summary('try the schema on a scratch database')
    .description('Makes every object of SOURCE in a scratch database, and drops that. Only reads SOURCE.')
    .argument('<source>', 'the database whose schema is tried')
    .argument('[target]', 'any database of the server to try it on')
  const options = addOptions<RehearseOptions>(command, REHEARSE_OPTIONS)
  addJsonOption(command)
    .option('--save <file>', 'write the prediction, for migrate --prediction')
    .addHelpText('after', EXAMPLES)
    .action(async (source: string, target: string | undefined, flags: JsonFlag & { save?: string }) => {
      const run = invoke(flags.json, async ({ output, signal }) => {
        if (flags.save !== undefined) await assertWritable(flags.save)
        const data = flags.save === undefined ? {} : ({ data: 'copy' } as const)
        const named = target === undefined ? {} : { target }
        const report = await rehearse({ ...options, ...data, source, ...named, signal, onEvent: output.onEvent })
        output.result('rehearse', report, (style) => rehearsalText(report, style))
        if (flags.save !== undefined) await save(flags.save, report)
        return report.verdict === 'ARRIVES' ? 0 : EXIT_CODES.findings
      })
      finish(await run)
    })
}

/** A rehearsal that could not copy any rows has said so. */
async function save(file: string, { prediction }: RehearsalReport): Promise<void> {
  if (prediction === undefined) return
  try {
    await writeFile(file, `${JSON.stringify(prediction, null, 2)}\n`)
  } catch (cause) {
    throw cannotWrite(file, cause)
  }
}

/** `5%`, or `0.05`. */
function share(text: string): number {
  const [, digits = '', sign = ''] = /^(\d+(?:\.\d+)?)(%?)$/u.exec(text) ?? []
  const value = Number(digits) / (sign === '%' ? 100 : 1)
  if (digits === '' || !(value > 0 && value <= 1)) {
    throw new InvalidArgumentError(`'${text}' is no share above 0 and up to 100%`)
  }
  return value
}

const EXAMPLES = `
Exits with 0 where every object arrives, 5 where some fail. docs/rehearsal.md
tells what can be seen, and what cannot.

Examples:
  pgleap rehearse postgres://old/app --to 17
  pgleap rehearse postgres://old/app postgres://new/postgres --sample 5%`
