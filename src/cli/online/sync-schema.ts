import type { Command } from 'commander'
import { EXIT_CODES } from '../../errors.ts'
import { online } from '../library.ts'
import type { OnlineSyncSchemaOptions } from '../../index.ts'
import { schemaSyncText } from '../../report/index.ts'
import { addJsonOption } from '../invocation.ts'
import type { Finish, JsonFlag } from '../invocation.ts'
import { invokeOnline } from './invoke-online.ts'
import { addOptions } from '../options.ts'
import type { OptionSpecs } from '../options.ts'
import { SOURCE } from './common-options.ts'

const SYNC_OPTIONS = {
  target: null,
  onEvent: null,
  signal: null,
  source: SOURCE,
  mode: { flags: '--apply', help: 'make on the other side what was added', means: 'apply' },
} as const satisfies OptionSpecs<OnlineSyncSchemaOptions>

export function addSyncSchema(group: Command, finish: Finish): void {
  const command = group
    .command('sync-schema')
    .summary('show what DDL has changed since the start, or apply it')
    .description('Shows what DDL has changed on the side that is written to. A stream does not carry it.')
    .argument('<target>', 'the target of the migration')
  const options = addOptions<OnlineSyncSchemaOptions>(command, SYNC_OPTIONS)
  addJsonOption(command)
    .addHelpText('after', EXAMPLES)
    .action(async (target: string, { json }: JsonFlag) => {
      const run = invokeOnline('sync-schema', json, async ({ output, signal }) => {
        const report = await online.syncSchema({ ...options, target, signal, onEvent: output.onEvent })
        output.result('online sync-schema', report, (style) => schemaSyncText(report, style))
        return report.outcome === 'in step' ? 0 : EXIT_CODES.findings
      })
      finish(await run)
    })
}

const EXAMPLES = `
Exits with 0 where both sides have the same schema, else with 5.

Example:
  pgleap online sync-schema postgres://new/app --apply`
