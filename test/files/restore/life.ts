// One restore in a process of its own, for those who kill it: prints its events and its report, a line of JSON each.
import { PgleapError } from '../../../src/errors.ts'
import { restore } from '../../../src/files/restore/index.ts'

const [from = '', target = ''] = process.argv.slice(2)
const print = (line: unknown) => process.stdout.write(`${JSON.stringify(line)}\n`)
try {
  print({ type: 'result', result: await restore({ from, target, jobs: 3, onEvent: print }) })
} catch (error) {
  if (!(error instanceof PgleapError)) throw error
  print({ type: 'error', code: error.code, message: error.message })
  process.exitCode = error.exitCode
}
