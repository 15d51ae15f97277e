import type { Command } from 'commander'
import { PgleapError } from '../errors.ts'
import { fromPigsty, plan, runbook } from './library.ts'
import type { PlanOptions, RunbookOptions } from '../index.ts'
import { planText, runbookText } from '../report/index.ts'
import { addJsonOption, invoke } from './invocation.ts'
import type { Finish, Invocation, JsonFlag } from './invocation.ts'
import { MIGRATE_OPTIONS } from './migrate-options.ts'
import { addOptions, duration, oneOf } from './options.ts'
import type { OptionSpecs } from './options.ts'

// Taken as they are: `create`, `nonEmptyTarget`, `newSnapshot` and `prediction` are about a run, not about a plan.
const {
  create: _create,
  nonEmptyTarget: _nonEmptyTarget,
  newSnapshot: _newSnapshot,
  prediction: _prediction,
  ...PLAN_OPTIONS
} = MIGRATE_OPTIONS
PLAN_OPTIONS satisfies OptionSpecs<PlanOptions>

type OnlyRunbook = Omit<RunbookOptions, keyof PlanOptions>

const RUNBOOK_OPTIONS = {
  sampleMs: null,
  folder: { flags: '--runbook <folder>', help: 'write a folder for those who will do it', parse: (path) => path },
  allowedPauseMs: {
    flags: '--allowed-pause <time>',
    help: 'how long writes may stop: 30s, 10min (10min)',
    parse: duration,
  },
  way: {
    flags: '--way <way>',
    help: 'offline or online, not what is recommended',
    parse: oneOf('offline', 'online'),
  },
  prediction: {
    flags: '--prediction <file>',
    help: 'of `rehearse --save`: with its times',
    parse: (path) => path,
  },
  sourceFromTarget: {
    flags: '--source-from-target <conninfo>',
    help: 'how the target reaches the source',
    parse: (text) => text,
  },
} as const satisfies OptionSpecs<OnlyRunbook>

export function addPlan(program: Command, finish: Finish): void {
  const command = program
    .command('plan')
    .summary('show what a migration would do; changes nothing')
    .description('Shows what a migration would do: steps, sizes, time. Changes nothing.')
    .usage('[options] <source> <target>')
    .argument('[source]', 'the database to read')
    .argument('[target]', 'the database that would be filled')
  const options = addOptions<PlanOptions>(command, PLAN_OPTIONS)
  const forRunbook = addOptions<OnlyRunbook>(command, RUNBOOK_OPTIONS)
  addJsonOption(command)
    .option('--from-pigsty <file>', 'source and target of a migration task of Pigsty')
    .addHelpText('after', EXAMPLES)
    .action(
      async (source: string | undefined, target: string | undefined, flags: JsonFlag & { fromPigsty?: string }) => {
        const run = invoke(flags.json, async (invocation) => {
          const { output, signal } = invocation
          const ends = await endsOf({ source, target, task: flags.fromPigsty }, invocation)
          const { sourceFromTarget, ...named } = ends
          const common = { ...options, ...named, signal, onEvent: output.onEvent }
          const { folder, ...rest } = forRunbook
          if (folder !== undefined) {
            const address = sourceFromTarget === undefined ? {} : { sourceFromTarget }
            const report = await runbook({ ...common, ...address, ...rest, folder })
            output.result('runbook', report, (style) => runbookText(report, style))
            return 0
          }
          refuseWithoutFolder(rest)
          const report = await plan(common)
          output.result('plan', report, (style) => planText(report, style))
          return 0
        })
        finish(await run)
      },
    )
}

type Ends = Pick<RunbookOptions, 'source' | 'target' | 'sourceFromTarget'>

/** Both ends by their arguments, or both by a task file. */
async function endsOf(
  { source, target, task }: { source: string | undefined; target: string | undefined; task: string | undefined },
  { output }: Invocation,
): Promise<Ends> {
  if (task !== undefined && source === undefined) return fromPigsty({ file: task, onEvent: output.onEvent })
  if (task === undefined && source !== undefined && target !== undefined) return { source, target }
  throw new PgleapError({
    code: 'usage.option',
    message:
      task === undefined
        ? `Missing required argument '${source === undefined ? 'source' : 'target'}'.`
        : 'Source and target are named twice: by arguments and by --from-pigsty.',
    hint: '`pgleap plan SOURCE TARGET`, or `pgleap plan --from-pigsty FILE`.',
    party: 'usage',
  })
}

/** Nothing that was asked for is left out without a word. */
function refuseWithoutFolder(options: Partial<Omit<OnlyRunbook, 'folder'>>): void {
  const [key] = Object.keys(options)
  if (key === undefined) return
  throw new PgleapError({
    code: 'usage.option',
    message: 'An option was given that is about a runbook, and none was asked for.',
    hint: '--allowed-pause, --way, --prediction and --source-from-target stand beside --runbook FOLDER.',
    party: 'usage',
  })
}

const EXAMPLES = `
A runbook is a README with all steps (who does what, how long it takes, how to
go back), and a script a step. It holds no password; docs/runbook.md shows one.

Examples:
  pgleap plan postgres://old/app postgres://new/app --exclude-data 'log_*'
  pgleap plan postgres://old/app postgres://new/app --runbook app
  pgleap plan --from-pigsty pg-meta.yml --runbook meta --allowed-pause 10min`
