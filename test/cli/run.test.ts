import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { connectClient, faultProxy, freshDatabase, server } from '../kit/index.ts'
import type { FreshDatabase } from '../kit/index.ts'
import { runCli, startCli } from './run-cli.ts'

async function fill(database: FreshDatabase): Promise<void> {
  await database.query('create table orders (id int primary key, customer int, note text)')
  await database.query("insert into orders select n, n % 10, 'order ' || n from generate_series(1, 5000) n")
  await database.query('create index on orders (customer)')
}

/** Waits until a session of pgleap waits for a lock. */
async function waitingSession(database: FreshDatabase): Promise<void> {
  for (;;) {
    const [row] = await database.query<{ waiting: number }>(
      `select count(*)::int as waiting from pg_stat_activity
       where datname = current_database() and wait_event_type = 'Lock' and application_name like 'pgleap%'`,
    )
    if ((row?.waiting ?? 0) > 0) return
    await sleep(50)
  }
}

async function ourSessions(database: FreshDatabase): Promise<unknown[]> {
  return database.query(
    "select query from pg_stat_activity where datname = current_database() and application_name like 'pgleap%'",
  )
}

test('a migration tells what it does on stderr and its verdict on stdout', async () => {
  await using source = await freshDatabase(await server(14))
  await using target = await freshDatabase(await server(17))
  await fill(source)
  const { code, stdout, stderr } = await runCli(['migrate', source.url, target.url])
  expect(code).toBe(0)
  expect(stdout).toMatch(/^Verdict: SAME \(source and target hold the same: 1 table compared\)\n/u)
  expect(stderr).toMatch(/^00:00:00 {2}Connecting\n/u)
  expect(stderr).toContain('Comparing source and target')
  expect(stdout + stderr).not.toContain('\u001b')
})

test('with --json stdout holds events, one a line, and the result', async () => {
  await using source = await freshDatabase(await server(14))
  await using target = await freshDatabase(await server(17))
  await fill(source)
  const { code, stderr, lines } = await runCli(['migrate', source.url, target.url, '--json', '--verify', 'counts'])
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  const events = lines()
  expect(events[0]).toMatchObject({ type: 'phase', phase: 'connect', at: expect.any(Number) })
  expect(events.at(-2)).toMatchObject({ type: 'finished', verdict: 'SAME', failures: 0 })
  expect(events.at(-1)).toMatchObject({
    type: 'result',
    command: 'migrate',
    result: { verdict: 'SAME', tables: [{ table: 'public.orders', rows: 5000 }] },
  })
  const started = events.filter(({ type }) => type === 'step-started').length
  expect(started).toBeGreaterThan(0)
  expect(events.filter(({ type }) => type === 'step-done').length).toBe(started)
})

test('a plan changes nothing, and a migration into a full target neither', async () => {
  await using source = await freshDatabase(await server(14))
  await using target = await freshDatabase(await server(17))
  await fill(source)
  const plan = await runCli(['plan', source.url, target.url])
  expect(plan.code).toBe(0)
  expect(plan.stdout).toContain('Plan; nothing has been changed')
  expect(plan.stdout).toContain('public.orders')
  expect(await target.query("select 1 from pg_namespace where nspname = 'pgleap'")).toEqual([])

  await target.query('create table mine (id int)')
  const run = await runCli(['migrate', source.url, target.url])
  expect(run.code).toBe(4)
  expect(run.stderr).toContain('target.not-empty (exit 4)')
  expect(await target.query("select 1 from pg_class where relname = 'orders'")).toEqual([])
})

test('verify exits with 0 for SAME and 6 for DIFFERENT, and names what differs', async () => {
  await using source = await freshDatabase(await server(14))
  await using target = await freshDatabase(await server(17))
  await fill(source)
  expect((await runCli(['migrate', source.url, target.url, '--verify', 'none'])).code).toBe(0)
  const same = await runCli(['verify', source.url, target.url])
  expect(same.stdout).toContain('Verdict: SAME')
  expect(same.code).toBe(0)
  await target.query("update orders set note = 'changed' where id = 17")
  const different = await runCli(['verify', source.url, target.url])
  expect(different.stdout).toContain('Verdict: DIFFERENT')
  expect(different.stdout).toContain('public.orders')
  expect(different.code).toBe(6)
  const counts = await runCli(['verify', source.url, target.url, '--mode', 'counts'])
  expect(counts.stdout).toContain('contents were not compared')
})

test('Ctrl-C cancels what runs on the servers, and exits with 130', async () => {
  await using source = await freshDatabase(await server(14))
  await using target = await freshDatabase(await server(17))
  await fill(source)
  await using locker = await connectClient(source.url)
  await locker.query('begin; lock table orders in access exclusive mode')
  const cli = startCli(['migrate', source.url, target.url])
  await waitingSession(source)
  cli.interrupt()
  const { code, stderr } = await cli.done
  expect(code).toBe(130)
  expect(stderr).toContain('run.interrupted (exit 130)')
  expect(await ourSessions(source)).toEqual([])
  expect(await ourSessions(target)).toEqual([])
})

test('a second Ctrl-C leaves at once, though the server can no longer be told', async () => {
  await using source = await freshDatabase(await server(14))
  await using target = await freshDatabase(await server(17))
  await fill(source)
  await using proxy = await faultProxy(source.server)
  await using locker = await connectClient(source.url)
  await locker.query('begin; lock table orders in access exclusive mode')
  const cli = startCli(['migrate', proxy.url(source.url), target.url])
  await waitingSession(source)
  proxy.halfOpen()
  cli.interrupt()
  await cli.says('Once more leaves at once')
  cli.interrupt()
  const { code, stderr } = await cli.done
  expect(code).toBe(130)
  expect(stderr).not.toContain('run.interrupted')
})

test('a reader that goes away ends the output, and not the run', async () => {
  await using source = await freshDatabase(await server(14))
  await using target = await freshDatabase(await server(17))
  await fill(source)
  const cli = startCli(['migrate', source.url, target.url, '--json'])
  cli.closeStdout()
  const { code, stderr } = await cli.done
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  expect(await target.query('select count(*)::int as n from orders')).toEqual([{ n: 5000 }])
})
