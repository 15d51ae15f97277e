import { setFlagsFromString } from 'node:v8'
import { CommanderError } from 'commander'
import { EXIT_CODES, PgleapError } from '../errors.ts'
import { edgeRedactor, exitCodeOf } from './invocation.ts'
import { createOutput, ignoreClosedPipes } from './output.ts'
import { createProgram } from './program.ts'

// Of plans with tens of thousands of steps, V8 would let as much garbage pile up as there are steps, on a machine of any size.
setFlagsFromString('--heap-growing-percent=40')
// Bytes on their way count as garbage to come, and V8 would begin to mark its heap every few megabytes of them: that took twice
// the CPU of the copying itself.
setFlagsFromString('--no-incremental-marking')
ignoreClosedPipes()
process.exitCode = await main(process.argv)

/** Runs one command line and returns its exit code (docs/exit-codes.md). */
async function main(argv: readonly string[]): Promise<number> {
  let exitCode = 0
  try {
    await createProgram((code) => {
      exitCode = code
    }).parseAsync(argv)
    return exitCode
  } catch (error) {
    // Help and version are thrown too, once they are printed. Help for want of a command is a mistake, though.
    if (error instanceof CommanderError && error.exitCode === 0) return 0
    if (error instanceof CommanderError && error.code === 'commander.help') return EXIT_CODES.usage
    const known = error instanceof CommanderError ? usageError(error) : error
    const output = await createOutput(argv.includes('--json') ? 'json' : 'text', edgeRedactor())
    output.error(known)
    return exitCodeOf(known)
  }
}

function usageError(error: CommanderError): PgleapError {
  const [message = '', suggestion] = error.message.replace(/^error: /u, '').split('\n')
  const help = '`pgleap --help` and `pgleap COMMAND --help` list what there is.'
  return new PgleapError({
    code: 'usage.option',
    message: sentence(message),
    hint: suggestion === undefined ? help : `${suggestion.replaceAll(/^\(|\)$/gu, '')} ${help}`,
    party: 'usage',
  })
}

/** commander begins in lower case and ends without a stop; our messages are sentences. */
function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1).replace(/\.?$/u, '.')}`
}
