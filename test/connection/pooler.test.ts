import type { ChildProcess } from 'node:child_process'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { connect, parseConnection } from '../../src/connection/index.ts'
import { serverAccount } from '../kit/account.ts'
import { connectClient, freePort, programNamed, server } from '../kit/index.ts'

/** PgBouncer is no npm package: these tests run where it is installed. */
const pgbouncer = programNamed('pgbouncer')

/** A PgBouncer in front of a server; `url` leads through it. */
async function bouncer(program: string, serverPort: number, settings: Record<string, string>) {
  const port = await freePort()
  const folder = mkdtempSync(join(tmpdir(), 'pgleap-bouncer-'))
  chmodSync(folder, 0o755)
  const lines = Object.entries({
    listen_addr: '127.0.0.1',
    listen_port: String(port),
    unix_socket_dir: '',
    auth_type: 'any',
    ...settings,
  }).map(([name, value]) => `${name} = ${value}`)
  const file = join(folder, 'ini')
  writeFileSync(
    file,
    `[databases]\npostgres = host=127.0.0.1 port=${String(serverPort)} user=postgres\n[pgbouncer]\n${lines.join('\n')}\n`,
  )
  const child: ChildProcess = spawn(program, [file], { stdio: ['ignore', 'ignore', 'pipe'], ...serverAccountFor() })
  let log = ''
  child.stderr?.on('data', (chunk: Buffer) => (log += chunk.toString()))
  await expect.poll(() => log, { timeout: 10_000 }).toContain('process up')
  return {
    url: `postgres://postgres@127.0.0.1:${String(port)}/postgres`,
    async [Symbol.asyncDispose]() {
      const gone = once(child, 'exit')
      child.kill('SIGKILL')
      await gone
      rmSync(folder, { recursive: true })
    },
  }
}

/** PgBouncer does not run as root either. A wrapper that changes the user by itself names it in PEER_USER. */
function serverAccountFor(): { uid?: number; gid?: number } {
  return process.env['PEER_USER'] === undefined ? (serverAccount() ?? {}) : {}
}

const sides = { side: 'target', purpose: 'pooler test' } as const

for (const roundRobin of ['0', '1']) {
  // One server connection and no more: two transactions at once would wait for each other.
  for (const { idle, size } of [
    { idle: 1, size: 1 },
    { idle: 1, size: 20 },
    { idle: 3, size: 20 },
  ]) {
    test.skipIf(pgbouncer === undefined)(
      `a pooler in transaction mode is refused (server_round_robin = ${roundRobin}, ${String(idle)} idle of ${String(size)})`,
      async () => {
        const pg = await server(17)
        await using pool = await bouncer(pgbouncer ?? '', pg.port, {
          pool_mode: 'transaction',
          server_round_robin: roundRobin,
          default_pool_size: String(size),
        })
        // So many server connections are idle in the pool when pgleap comes.
        const clients = await Promise.all(Array.from({ length: idle }, () => connectClient(pool.url)))
        await Promise.all(clients.map((client) => client.query('begin')))
        await Promise.all(clients.map((client) => client.query('commit')))
        await expect(connect(parseConnection(pool.url, { env: {} }), sides)).rejects.toMatchObject({
          code: 'connect.pooler',
          party: 'target',
        })
        // Nothing of ours stays on the connections that others get.
        for (const client of clients) {
          const { rows } = await client.query(
            `select current_setting('row_security') as r, current_setting('search_path') as s`,
          )
          expect(rows).toEqual([{ r: 'on', s: '"$user", public' }])
          await client.end()
        }
      },
    )
  }
}

test.skipIf(pgbouncer === undefined)('a pooler in session mode is as good as the server', async () => {
  const pg = await server(17)
  await using pool = await bouncer(pgbouncer ?? '', pg.port, { pool_mode: 'session' })
  await using session = await connect(parseConnection(pool.url, { env: {} }), sides)
  expect(await session.query(`select current_setting('row_security') as r`)).toEqual([{ r: 'off' }])
  const sleeping = session.query('select pg_sleep(60)').catch((error: unknown) => error)
  await session.cancel()
  expect(await sleeping).toMatchObject({ server: { sqlstate: '57014' } })
})
