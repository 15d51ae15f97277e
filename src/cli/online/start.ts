import type { Command } from 'commander'
import { online } from '../library.ts'
import type { OnlineStartOptions } from '../../index.ts'
import { onlineStartText } from '../../report/index.ts'
import { addJsonOption } from '../invocation.ts'
import type { Finish, JsonFlag } from '../invocation.ts'
import { MIGRATE_OPTIONS } from '../migrate-options.ts'
import { invokeOnline } from './invoke-online.ts'
import { addOptions, duration, repeated } from '../options.ts'
import type { OptionSpecs } from '../options.ts'
import { SOURCE_FROM_TARGET, TARGET_FROM_SOURCE } from './common-options.ts'

const START_OPTIONS = {
  source: null,
  target: null,
  onEvent: null,
  signal: null,
  jobs: MIGRATE_OPTIONS.jobs,
  sourceFromTarget: SOURCE_FROM_TARGET,
  targetFromSource: TARGET_FROM_SOURCE,
  roleMap: MIGRATE_OPTIONS.roleMap,
  owners: MIGRATE_OPTIONS.owners,
  privileges: MIGRATE_OPTIONS.privileges,
  tablespaces: MIGRATE_OPTIONS.tablespaces,
  pgDump: MIGRATE_OPTIONS.pgDump,
  wayBack: { flags: '--no-way-back', help: 'start although there will be no rollback', means: 'without' },
  skipChecks: { flags: '--skip-check <id>', help: 'start in spite of a finding; repeatable', parse: repeated },
  slotTimeoutMs: {
    flags: '--slot-timeout <time>',
    help: 'how long to wait for open transactions (1h)',
    parse: duration,
  },
  until: { flags: '--detach', help: 'return once the stream runs', means: 'streaming' },
} as const satisfies OptionSpecs<OnlineStartOptions>

export function addStart(group: Command, finish: Finish): void {
  const command = group
    .command('start')
    .summary('copy, and let the target follow the source')
    .description('Copies SOURCE into TARGET, and lets it follow; returns when it has caught up.')
    .argument('<source>', 'the database that is written to; its role needs REPLICATION')
    .argument('<target>', 'the database to fill; empty')
  const options = addOptions<OnlineStartOptions>(command, START_OPTIONS)
  addJsonOption(command)
    .addHelpText('after', EXAMPLES)
    .action(async (source: string, target: string, { json }: JsonFlag) => {
      const run = invokeOnline('start', json, async ({ output, signal }) => {
        const began = performance.now()
        const record = await online.start({ ...options, source, target, signal, onEvent: output.onEvent })
        output.result('online start', { id: record.id, phase: record.phase, tables: record.tables }, (style) =>
          onlineStartText(record, performance.now() - began, style),
        )
        return 0
      })
      finish(await run)
    })
}

const EXAMPLES = `
A start that broke goes on with the same command.

Example:
  pgleap online start postgres://old/app postgres://new/app`
