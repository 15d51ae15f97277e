import { execFile } from 'node:child_process'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** What it writes to standard output. */
export async function outputOf(program: string, args: readonly string[]): Promise<string> {
  const { PATH = '' } = process.env
  const { stdout } = await run(program, [...args], { maxBuffer: 2 ** 28, env: { PATH, LC_ALL: 'C.UTF-8' } })
  return stdout
}
