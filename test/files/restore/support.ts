import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** Where other tools' programs lie, as `setup-peers.sh` names them: `pg_dump17`, `pg_dump18`. */
const FOLDERS = [process.env['PGLEAP_PEERS'] ?? '', '/opt/peers/bin', ...(process.env['PATH'] ?? '').split(delimiter)]

/** A stock pg_dump of that major; undefined where this machine has none. */
export function stockPgDump(major: 17 | 18): string | undefined {
  const names = FOLDERS.filter((folder) => folder !== '').map((folder) => join(folder, `pg_dump${String(major)}`))
  return names.find((name) => existsSync(name))
}

/** Runs a stock pg_dump on a database. */
export async function pgDump(program: string, url: string, args: readonly string[]): Promise<void> {
  await run(program, ['--dbname', url, ...args], { env: { PATH: process.env['PATH'], HOME: '/nonexistent' } })
}

/** A folder that vanishes with its user. */
export async function scratch(): Promise<AsyncDisposable & { path: (name: string) => string }> {
  const folder = await mkdtemp(join(tmpdir(), 'pgleap-kit-restore-'))
  return {
    path: (name) => join(folder, name),
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  }
}
