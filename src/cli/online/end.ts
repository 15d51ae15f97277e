import type { Command } from 'commander'
import { online } from '../library.ts'
import type { OnlineAbortOptions, OnlineFinishOptions } from '../../index.ts'
import { onlineEndText } from '../../report/index.ts'
import { addJsonOption } from '../invocation.ts'
import type { Finish, JsonFlag } from '../invocation.ts'
import { invokeOnline } from './invoke-online.ts'
import { addOptions } from '../options.ts'
import type { OptionSpecs } from '../options.ts'
import { addYesOption, SOURCE } from './common-options.ts'
import { confirm, type YesFlag } from './confirm.ts'

const ABORT_OPTIONS = {
  target: null,
  onEvent: null,
  signal: null,
  source: SOURCE,
  sourceGone: { flags: '--source-gone', help: 'clean up the target; print the SQL for it', means: 'gone' },
  targetGone: { flags: '--target-gone', help: 'the same the other way round; takes --source', means: 'gone' },
} as const satisfies OptionSpecs<OnlineAbortOptions>

const FINISH_OPTIONS = {
  target: null,
  onEvent: null,
  signal: null,
  source: SOURCE,
  sourceGone: ABORT_OPTIONS.sourceGone,
  reopenSource: { flags: '--reopen-source', help: 'let the old side take writes again', means: 'reopen' },
} as const satisfies OptionSpecs<OnlineFinishOptions>

export function addAbort(group: Command, done: Finish): void {
  const command = group
    .command('abort')
    .summary('give it up; the source is as it was before')
    .description('Removes everything that was made on both sides. The rows on TARGET stay there.')
    .argument('<target>', 'the target of the migration')
  const options = addOptions<OnlineAbortOptions>(command, ABORT_OPTIONS)
  addYesOption(addJsonOption(command))
    .addHelpText('after', '\nExample:\n  pgleap online abort postgres://new/app')
    .action(async (target: string, flags: JsonFlag & YesFlag) => {
      const run = invokeOnline('abort', flags.json, async ({ output, signal }) => {
        await confirm('The stream to the target ends; to begin anew takes another copy.', flags, signal)
        const report = await online.abort({ ...options, target, signal, onEvent: output.onEvent })
        output.result('online abort', report, (style) => onlineEndText(report, style))
        return 0
      })
      done(await run)
    })
}

export function addFinish(group: Command, done: Finish): void {
  const command = group
    .command('finish')
    .summary('end it after the cutover, with its way back')
    .description('Removes everything that was made on both sides. The source stays closed to writes.')
    .argument('<target>', 'the target of the migration')
  const options = addOptions<OnlineFinishOptions>(command, FINISH_OPTIONS)
  addYesOption(addJsonOption(command))
    .addHelpText('after', '\nExample:\n  pgleap online finish postgres://new/app')
    .action(async (target: string, flags: JsonFlag & YesFlag) => {
      const run = invokeOnline('finish', flags.json, async ({ output, signal }) => {
        await confirm('There is no rollback any more after this.', flags, signal)
        const report = await online.finish({ ...options, target, signal, onEvent: output.onEvent })
        output.result('online finish', report, (style) => onlineEndText(report, style))
        return 0
      })
      done(await run)
    })
}
