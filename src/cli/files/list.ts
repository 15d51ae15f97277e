import type { Command } from 'commander'
import { list } from '../library.ts'
import { listingText } from '../../report/index.ts'
import { addJsonOption, invoke } from '../invocation.ts'
import type { Finish, JsonFlag } from '../invocation.ts'

export function addList(program: Command, finish: Finish): void {
  const command = program
    .command('list')
    .summary('print what an archive holds')
    .description('Prints the table of contents of an archive of pg_dump or pgleap.')
    .argument('<archive>', 'a directory, a custom or a tar file')
  addJsonOption(command)
    .addHelpText('after', EXAMPLES)
    .action(async (from: string, { json }: JsonFlag) => {
      finish(
        await invoke(json, async ({ output, signal }) => {
          const listing = await list({ from, signal })
          output.result('list', listing, (style) => listingText(listing, style))
          return 0
        }),
      )
    })
}

const EXAMPLES = `
Example:
  pgleap list app.dump`
