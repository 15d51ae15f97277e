import type { Command } from 'commander'
import { online } from '../library.ts'
import type { OnlineMoveOptions } from '../../index.ts'
import { onlineSwitchText } from '../../report/index.ts'
import { addJsonOption } from '../invocation.ts'
import type { Finish, JsonFlag } from '../invocation.ts'
import { MIGRATE_OPTIONS } from '../migrate-options.ts'
import { invokeOnline } from './invoke-online.ts'
import { addOptions, duration, positive, repeated } from '../options.ts'
import type { OptionSpecs } from '../options.ts'
import { ROUTING_OPTIONS } from './routing-options.ts'
import { addYesOption, SOURCE, SOURCE_FROM_TARGET, TARGET_FROM_SOURCE } from './common-options.ts'
import { confirm, type YesFlag } from './confirm.ts'

const SWITCH_OPTIONS = {
  target: null,
  onEvent: null,
  signal: null,
  routers: null,
  source: SOURCE,
  sourceFromTarget: SOURCE_FROM_TARGET,
  targetFromSource: TARGET_FROM_SOURCE,
  jobs: { ...MIGRATE_OPTIONS.jobs, help: 'sessions a side that compare at a time (2)' },
  maxPauseMs: { flags: '--max-pause <time>', help: 'let go when it takes longer (30s)', parse: duration },
  graceMs: { flags: '--grace <time>', help: 'how long writers may take to end (5s)', parse: duration },
  unknown: { flags: '--accept-unknown', help: 'open though not all could be compared', means: 'accept' },
  rehearse: { flags: '--rehearse', help: 'pause and compare, then let go again', means: 'rehearse' },
  appRoles: { flags: '--app-role <role>', help: 'must not log in to the closed side; repeatable', parse: repeated },
  acceptWriters: { flags: '--accept-writer <name>', help: 'may go on writing there; repeatable', parse: repeated },
  ...ROUTING_OPTIONS,
  sequenceOffset: { flags: '--sequence-offset <n>', help: 'added to every sequence', parse: positive },
} as const satisfies OptionSpecs<OnlineMoveOptions>

const SWITCHES = {
  cutover: {
    summary: 'lead the application to the target',
    description: 'Stops writes, lets TARGET catch up, compares, opens it; then the source follows.',
    question: 'Writes are stopped for a moment, and then go to the target.',
    run: (options: OnlineMoveOptions) => online.cutover(options),
  },
  rollback: {
    summary: 'lead it back to the source; nothing is lost',
    description: 'A cutover the other way round: the application writes to the source again.',
    question: 'Writes are stopped for a moment, and then go to the source again.',
    run: (options: OnlineMoveOptions) => online.rollback(options),
  },
} as const

export function addSwitch(name: 'cutover' | 'rollback', group: Command, finish: Finish): void {
  const { summary, description, question, run } = SWITCHES[name]
  const command = group
    .command(name)
    .summary(summary)
    .description(description)
    .argument('<target>', 'the target of the migration')
  const options = addOptions<OnlineMoveOptions>(command, SWITCH_OPTIONS)
  addYesOption(addJsonOption(command))
    .addHelpText('after', examplesOf(name))
    .action(async (target: string, flags: JsonFlag & YesFlag) => {
      const running = invokeOnline(name, flags.json, async ({ output, signal }) => {
        const how = options.rehearse === 'rehearse' ? 'rehearsed' : 'switched'
        await confirm(how === 'rehearsed' ? 'Writes are stopped for a moment.' : question, flags, signal)
        const report = await run({ ...options, target, signal, onEvent: output.onEvent })
        output.result(`online ${name}`, report, (style) => onlineSwitchText(report, how, style))
        return 0
      })
      finish(await running)
    })
}

const examplesOf = (name: 'cutover' | 'rollback') => `
Whatever fails before the other side is open lets the application go on where it
was. Killed in the middle, run it again: it goes on, or lets go.

Examples:
  pgleap online ${name} postgres://new/app --rehearse
  pgleap online ${name} postgres://new/app --max-pause 10s`
