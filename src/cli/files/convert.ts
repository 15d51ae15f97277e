import type { Command } from 'commander'
import { convert } from '../library.ts'
import type { ConvertOptions } from '../../index.ts'
import { formatBytes } from '../../units.ts'
import { addJsonOption, invoke } from '../invocation.ts'
import type { Finish, JsonFlag } from '../invocation.ts'
import { addOptions, oneOf } from '../options.ts'
import type { OptionSpecs } from '../options.ts'
import { COMPRESSION } from './compression.ts'

const CONVERT_OPTIONS = {
  from: null,
  to: null,
  onEvent: null,
  signal: null,
  format: {
    flags: '--format <format>',
    help: 'directory, custom or plain (default)',
    parse: oneOf('directory', 'custom', 'plain'),
  },
  compression: { ...COMPRESSION.compression, help: 'gzip, zstd, lz4 or none; as it is by default' },
  level: COMPRESSION.level,
} as const satisfies OptionSpecs<ConvertOptions>

export function addConvert(program: Command, finish: Finish): void {
  const command = program
    .command('convert')
    .summary('turn an archive into another format')
    .description('Writes ARCHIVE once more, in another format. Needs no server.')
    .argument('<archive>', 'a directory, a custom or a tar file of pg_dump or pgleap')
    .argument('<to>', 'what to make; - is standard output')
  const options = addOptions<ConvertOptions>(command, CONVERT_OPTIONS)
  addJsonOption(command)
    .addHelpText('after', EXAMPLES)
    .action(async (from: string, to: string, { json }: JsonFlag) => {
      finish(
        await invoke(
          json,
          async ({ output, signal }) => {
            const { format = 'plain' } = options
            const place = to === '-' ? process.stdout : to
            const result = await convert({ ...options, format, from, to: place, signal, onEvent: output.onEvent })
            const bytes = result.files.reduce((sum, file) => sum + file.bytes, 0)
            if (to !== '-') {
              output.result('convert', result, () => `${String(result.entries)} entries, ${formatBytes(bytes)}\n`)
            }
            return 0
          },
          'What was half written is removed.',
        ),
      )
    })
}

const EXAMPLES = `
Examples:
  pgleap convert app.tar app.custom --format custom
  pgleap convert app.dump - | psql postgres://new/app`
