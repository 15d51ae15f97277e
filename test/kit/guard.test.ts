import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, existsSync, lstatSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { chmod } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { expect, test, vi } from 'vitest'
import { serverAccount } from './account.ts'
import { bundled, queryOnce } from './index.ts'
import { fitTree, installedTree } from './programs.ts'
import { RUN_VARIABLE } from './run-directory.ts'
import { isRunning } from './server.ts'

interface Told {
  readonly pid: number
  readonly folder: string
  readonly port: number
}

/** Starts the fixture as the leader of a process group, as a terminal would, with a run of its own. */
async function startFixture(then: 'wait' | 'leave'): Promise<{ child: ChildProcess; servers: Told[] }> {
  const fixture = fileURLToPath(new URL('fixtures/two-servers.ts', import.meta.url))
  const { [RUN_VARIABLE]: _ours, ...env } = process.env
  const child = spawn(process.execPath, [await bundled(fixture), then], {
    detached: true,
    env,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const [line] = await once(createInterface(child.stdout), 'line')
  return { child, servers: JSON.parse(String(line)) }
}

async function assertNothingLeft(servers: readonly Told[]): Promise<void> {
  const limit = { timeout: 20_000, interval: 50 }
  for (const { pid, folder, port } of servers) {
    await vi.waitFor(() => expect(existsSync(folder), `folder ${folder}`).toBe(false), limit)
    expect(isRunning(pid), `postmaster ${pid}`).toBe(false)
    const url = `postgres://postgres@127.0.0.1:${port}/postgres`
    await expect(queryOnce(url, 'select 1')).rejects.toMatchObject({ code: 'ECONNREFUSED' })
  }
}

test.each(['SIGINT', 'SIGKILL'] as const)('%s to the whole process group leaves nothing behind', async (signal) => {
  const { child, servers } = await startFixture('wait')
  expect(servers.map(({ pid }) => isRunning(pid))).toEqual([true, true])
  const ended = once(child, 'exit')
  process.kill(-(child.pid ?? Number.NaN), signal)
  await ended
  await assertNothingLeft(servers)
})

test('a process that ends without disposing its servers leaves nothing behind', async () => {
  const { child, servers } = await startFixture('leave')
  expect(servers.length).toBe(2)
  if (child.exitCode === null) await once(child, 'exit')
  await assertNothingLeft(servers)
})

test('programs that npm left without symlinks, not executable and out of reach still run', async () => {
  const closed = mkdtempSync(join(tmpdir(), 'pgleap-closed-'))
  try {
    const tree = join(closed, 'native')
    cpSync(installedTree(17), tree, { recursive: true })
    const library = join(tree, 'lib')
    for (const name of readdirSync(library)) {
      if (lstatSync(join(library, name)).isSymbolicLink()) rmSync(join(library, name))
    }
    for (const name of readdirSync(join(tree, 'bin'))) await chmod(join(tree, 'bin', name), 0o600)
    await chmod(closed, 0o700)

    const fit = await fitTree(tree, 'programs-from-closed')
    expect(fit).not.toBe(tree)
    const version = execFileSync(join(fit, 'bin', 'postgres'), ['--version'], { cwd: '/', ...serverAccount() })
    expect(version.toString()).toMatch(/PostgreSQL\) 17\./)
    expect(lstatSync(join(fit, 'lib', 'libpq.so.5')).isSymbolicLink()).toBe(true)
    expect(existsSync(join(library, 'libpq.so.5'))).toBe(false)
  } finally {
    rmSync(closed, { recursive: true, force: true })
  }
})
