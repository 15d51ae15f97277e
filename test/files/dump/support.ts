import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { programNamed } from '../../kit/index.ts'

const run = promisify(execFile)

/** A stock program of that major; undefined where this machine has none. */
export function stock(program: 'pg_dump' | 'pg_restore' | 'psql', major: 17 | 18): string | undefined {
  return programNamed(`${program}${String(major)}`)
}

/** Both of 18, with which our archives are compared; undefined where this machine lacks one. */
export function stockTools(): { pgDump: string; pgRestore: string } | undefined {
  const [pgDump, pgRestore] = [stock('pg_dump', 18), stock('pg_restore', 18)]
  return pgDump === undefined || pgRestore === undefined ? undefined : { pgDump, pgRestore }
}

/** For tests that are skipped then. */
export const NO_TOOLS = { pgDump: '', pgRestore: '' }

/** Runs a stock program; what it says on either channel. Rejects where it ends with anything but 0. */
export async function runStock(program: string, args: readonly string[]): Promise<{ stdout: string; stderr: string }> {
  return run(program, args, {
    env: { PATH: process.env['PATH'], HOME: '/nonexistent' },
    maxBuffer: 64 * 1024 * 1024,
  })
}

/** The lines of `pg_restore -l` without dump ids, OIDs and the header, which no two dumps have alike. */
export async function tocLines(pgRestore: string, archive: string): Promise<string[]> {
  const { stdout } = await runStock(pgRestore, ['-l', archive])
  return stdout
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith(';'))
    .map((line) => line.replace(/^\d+; \d+ \d+ /, ''))
}

/** A folder that vanishes with its user. */
export async function scratch(): Promise<AsyncDisposable & { path: (name: string) => string }> {
  const folder = await mkdtemp(join(tmpdir(), 'pgleap-kit-dump-'))
  return {
    path: (name) => join(folder, name),
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  }
}
