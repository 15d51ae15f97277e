import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { parseConnection } from '../../../src/connection/index.ts'
import type { Router } from '../../../src/online/router.ts'
import { routersFor, type RoutingOptions } from '../../../src/online/routing/index.ts'
import { serverAccount } from '../../kit/account.ts'
import { connectClient, freePort, freshDatabase, queryOnce, server, programNamed } from '../../kit/index.ts'
import { bouncer } from '../load/bouncer.ts'

const pgbouncer = programNamed('pgbouncer')
const haproxy = programNamed('haproxy')
const never = new AbortController().signal

async function routerFor(
  options: RoutingOptions,
  urls: { source: string; target: string },
  { maxPauseMs = 30_000, onLine }: { maxPauseMs?: number; onLine?: (line: string) => void } = {},
): Promise<Router> {
  const [router] = await routersFor(options, {
    sides: { source: parseConnection(urls.source), target: parseConnection(urls.target) },
    from: 'source',
    maxPauseMs,
    onEvent: (event) => {
      if (event.type === 'notice') onLine?.(event.message)
    },
  })
  if (router === undefined) throw new Error('no router')
  return router
}

async function versionAt(url: string): Promise<{ server_version: string } | undefined> {
  const [row] = await queryOnce<{ server_version: string }>(url, 'show server_version')
  return row
}

test('commands are told the side, by variables and without a password, and what they print is passed on', async () => {
  const urls = { source: 'postgres://u:secret@a:1/x', target: 'postgres://u:secret@b:2/y' }
  const lines: string[] = []
  const show = 'echo $PGLEAP_HOOK $PGLEAP_SIDE $PGLEAP_HOST $PGLEAP_PORT $PGLEAP_DBNAME; env | grep -c secret >&2'
  process.env['PGPASSWORD'] = 'secret'
  try {
    const router = await routerFor({ onFreeze: show, onSwitch: show, onThaw: show }, urls, {
      onLine: (line) => lines.push(line),
    })
    await router.hold(never).catch(() => {})
    await router.lead('target').catch(() => {})
    await router.release().catch(() => {})
  } finally {
    delete process.env['PGPASSWORD']
  }
  expect(lines.filter((line) => line !== '0')).toEqual([
    'freeze source a 1 x',
    'switch target b 2 y',
    'thaw source a 1 x',
  ])
})

test('a command that fails or does not end is an error, and nothing of it runs on', async () => {
  const urls = { source: 'postgres://u@a:1/x', target: 'postgres://u@b:2/y' }
  const failing = await routerFor({ onFreeze: 'exit 3' }, urls)
  await expect(failing.hold(never)).rejects.toMatchObject({ code: 'online.hook' })
  const endless = await routerFor({ onSwitch: 'sleep 1000', hookTimeoutMs: 100 }, urls)
  await expect(endless.lead('target')).rejects.toMatchObject({ code: 'online.hook' })
  const held = await routerFor({ onFreeze: 'sleep 1000' }, urls)
  await expect(held.hold(AbortSignal.timeout(100))).rejects.toMatchObject({ name: 'TimeoutError' })
})

test.skipIf(pgbouncer === undefined)(
  'PgBouncer holds clients until it is released or leads to the other side, and several are let go when one is busy',
  async () => {
    await using source = await freshDatabase(await server(14))
    await using target = await freshDatabase(await server(17))
    const at = { port: source.server.port, database: source.name }
    await using one = await bouncer(pgbouncer ?? '', at)
    await using two = await bouncer(pgbouncer ?? '', at)
    const urls = { source: source.url, target: target.url }
    const options = { pgbouncer: [one.console, two.console], pgbouncerConfig: [one.file, two.file] }
    const router = await routerFor({ ...options, pgbouncerTimeoutMs: 300 }, urls)

    {
      await using busy = await connectClient(two.url)
      await busy.query('begin; select 1')
      await expect(router.hold(never)).rejects.toMatchObject({ code: 'online.pgbouncer-busy' })
      await router.release()
      await busy.query('commit')
    }
    expect(await versionAt(one.url)).toMatchObject({ server_version: expect.stringMatching(/^14/) })

    await router.hold(never)
    const answers = Promise.all([versionAt(one.url), versionAt(two.url)])
    await expect(Promise.race([answers, sleep(200, 'held')])).resolves.toBe('held')
    await router.lead('target')
    await router.lead('target')
    for (const answer of await answers) expect(answer).toMatchObject({ server_version: expect.stringMatching(/^17/) })
    expect(one.config()).toContain(`app = host=127.0.0.1 port=${String(target.server.port)} dbname=${target.name}`)
    await router.release()
  },
)

test.skipIf(pgbouncer === undefined)(
  'PgBouncer is refused where it would give up on its clients, is not ours to command, or cannot be told the other side',
  async () => {
    await using source = await freshDatabase(await server(14))
    const at = { port: source.server.port, database: source.name }
    await using impatient = await bouncer(pgbouncer ?? '', at, { query_wait_timeout: '20' })
    await using foreign = await bouncer(pgbouncer ?? '', at, { admin_users: 'somebody' })
    const urls = { source: source.url, target: source.url }
    const of = (pooler: typeof foreign) => ({ pgbouncer: [pooler.console], pgbouncerConfig: [pooler.file] })
    const failure = { code: 'online.pgbouncer' }
    await expect(routerFor(of(impatient), urls)).rejects.toMatchObject(failure)
    await routerFor(of(impatient), urls, { maxPauseMs: 10_000 })
    await expect(routerFor(of(foreign), urls)).rejects.toMatchObject(failure)
    const unknown = { ...of(impatient), pgbouncer: [impatient.console.replace(/app$/, 'nobody')] }
    await expect(routerFor(unknown, urls, { maxPauseMs: 10_000 })).rejects.toMatchObject(failure)
    await expect(routerFor({ pgbouncer: [impatient.console] }, urls)).rejects.toMatchObject({ code: 'usage.routing' })
  },
)

test.skipIf(pgbouncer === undefined)(
  'PgBouncer with sessions is paused at once, and they end with the freeze',
  async () => {
    await using source = await freshDatabase(await server(14))
    await using pooler = await bouncer(
      pgbouncer ?? '',
      { port: source.server.port, database: source.name },
      { pool_mode: 'session' },
    )
    const router = await routerFor(
      { pgbouncer: [pooler.console], pgbouncerConfig: [pooler.file] },
      { source: source.url, target: source.url },
    )
    await using client = await connectClient(pooler.url)
    await client.query('select 1')
    await router.hold(never)
    await router.release()
    expect((await client.query('select 1')).rowCount).toBe(1)
  },
)

test.skipIf(haproxy === undefined)(
  'HAProxy refuses everybody until it is released or leads to the other side',
  async () => {
    await using source = await freshDatabase(await server(14), { name: 'led' })
    await using target = await freshDatabase(await server(17), { name: 'led' })
    await using proxy = await haProxy(haproxy ?? '', source.server.port)
    const router = await routerFor(
      { haproxy: proxy.api, haproxyServer: 'pg/main', haproxyFrontend: 'app' },
      { source: source.url, target: target.url },
    )
    const url = `postgres://postgres@127.0.0.1:${String(proxy.port)}/led`
    const major = async () => (await queryOnce<{ server_version: string }>(url, 'show server_version'))[0]
    for (const [letIn, version] of [
      [() => router.release(), /^14/],
      [() => router.lead('target'), /^17/],
      [() => router.lead('source'), /^14/],
    ] as const) {
      await router.hold(never)
      await router.hold(never)
      await expect(major()).rejects.toMatchObject({ code: 'ECONNREFUSED' })
      await letIn()
      await letIn()
      expect(await major()).toMatchObject({ server_version: expect.stringMatching(version) })
    }
    const unknown = { haproxy: proxy.api, haproxyServer: 'pg/nobody', haproxyFrontend: 'app' }
    await expect(routerFor(unknown, { source: source.url, target: target.url })).rejects.toMatchObject({
      code: 'online.haproxy',
    })
  },
)

async function haProxy(program: string, to: number) {
  const [port, apiPort] = [await freePort(), await freePort()]
  const folder = mkdtempSync(join(tmpdir(), 'pgleap-haproxy-'))
  chmodSync(folder, 0o755)
  const file = join(folder, 'cfg')
  const api = `127.0.0.1:${String(apiPort)}`
  writeFileSync(
    file,
    `global
  stats socket ipv4@${api} level admin
defaults
  mode tcp
  timeout connect 5s
  timeout client 60s
  timeout server 60s
frontend app
  bind 127.0.0.1:${String(port)}
  maxconn 100
  default_backend pg
backend pg
  server main 127.0.0.1:${String(to)}
`,
  )
  const child: ChildProcess = spawn(program, ['-db', '-f', file], { stdio: 'ignore', ...serverAccount() })
  for (;;) {
    try {
      await (await connectClient(`postgres://postgres@127.0.0.1:${String(port)}/led`)).end()
      break
    } catch {
      await sleep(20)
    }
  }
  return {
    port,
    api,
    async [Symbol.asyncDispose]() {
      const gone = once(child, 'exit')
      child.kill('SIGKILL')
      await gone
      rmSync(folder, { recursive: true })
    },
  }
}
