import { execFile, spawn } from 'node:child_process'
import { createWriteStream } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { promisify } from 'node:util'
import { programNamed } from '../../kit/index.ts'

const run = promisify(execFile)

/** A stock pg_dump of that major; undefined where this machine has none. */
export function stockPgDump(major: 13 | 15 | 17 | 18): string | undefined {
  return programNamed(`pg_dump${String(major)}`)
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

/** The same through a pipe, in which pg_dump cannot go back to write down where data begins. */
export async function pgDumpThroughPipe(program: string, url: string, to: string): Promise<void> {
  const child = spawn(program, ['--dbname', url, '-Fc'], { stdio: ['ignore', 'pipe', 'inherit'] })
  await pipeline(child.stdout, createWriteStream(to))
}
