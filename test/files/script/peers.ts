import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** A stock program of PostgreSQL in the folder that PGLEAP_PEERS names, or on the PATH: `pg_dump17`. Undefined where there is none. */
export function peer(name: string): string | undefined {
  const folders = [process.env['PGLEAP_PEERS'] ?? '', ...(process.env['PATH'] ?? '').split(delimiter)]
  return folders.map((folder) => join(folder, name)).find((path) => existsSync(path))
}

/** What it writes to standard output. */
export async function outputOf(program: string, args: readonly string[]): Promise<string> {
  const { PATH = '' } = process.env
  const { stdout } = await run(program, [...args], { maxBuffer: 2 ** 28, env: { PATH, LC_ALL: 'C.UTF-8' } })
  return stdout
}
