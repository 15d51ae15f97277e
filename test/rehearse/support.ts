import { execFileSync } from 'node:child_process'
import { chmodSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll } from 'vitest'
import { queryOnce, type Server } from '../kit/index.ts'

/** Everything that a rehearsal could leave on a server or on this machine. */
export async function leftBehind(server: Server): Promise<string[]> {
  const onServer = await queryOnce<{ name: string }>(
    server.url(),
    `select 'database ' || datname as name from pg_database where datname like 'pgleap%'
     union all select 'session ' || application_name from pg_stat_activity where application_name like 'pgleap%' and datname like 'pgleap%'`,
  )
  return [...onServer.map(({ name }) => name), ...onMachine()]
}

/**
 * Gives what this file's tests start a temporary folder of its own, so that what other tests and people have there is not
 * taken for something left behind. Undone when the file ends.
 */
export function ownTemporaryFolder(): void {
  const before = process.env['TMPDIR']
  const folder = mkdtempSync(join('/tmp', 'pgleap-test-'))
  chmodSync(folder, 0o755)
  process.env['TMPDIR'] = folder
  afterAll(() => {
    if (before === undefined) delete process.env['TMPDIR']
    else process.env['TMPDIR'] = before
    rmSync(folder, { recursive: true, force: true })
  })
}

/** Folders and processes of embedded servers. */
export function onMachine(): string[] {
  const folders = readdirSync(tmpdir()).filter((name) => name.startsWith('pgleap-rehearsal-'))
  const processes = execFileSync('ps', ['-eo', 'args'], { encoding: 'utf8' })
    .split('\n')
    .filter((line) => line.includes(join(tmpdir(), 'pgleap-rehearsal-')))
  return [...folders, ...processes]
}

export async function rolesOf(server: Server): Promise<string[]> {
  const rows = await queryOnce<{ name: string }>(server.url(), 'select rolname as name from pg_roles order by 1')
  return rows.map(({ name }) => name)
}
