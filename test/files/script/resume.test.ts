import { spawn } from 'node:child_process'
import { randomInt } from 'node:crypto'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { restoreScript, type RestoreScriptOptions } from '../../../src/files/index.ts'
import { type Event, PgleapError } from '../../../src/index.ts'
import { bundled, databaseNamed, faultProxy, freshDatabase, queryOnce, server, startServer } from '../../kit/index.ts'
import { randomFrom } from '../../migrate/faults/scene.ts'
import { hasRecord, restoreText, rowsOf } from './support.ts'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pgleap-script-test-'))
})
afterAll(() => rm(folder, { recursive: true }))

/** Statements of which none may be done twice or left out: rows without a key, sums that add up, data in between. */
function busy(schema: string, rows: number): string {
  const parts = [
    `CREATE SCHEMA ${schema};\nSET search_path = ${schema};\nCREATE TABLE log (x int, at text DEFAULT current_schema());\n`,
    `CREATE TABLE sum (n int);\nINSERT INTO sum VALUES (0);\n`,
  ]
  for (let table = 0; table < 6; table += 1) {
    parts.push(`SET work_mem = '${String(table + 1)}MB';\nCREATE TABLE t${String(table)} (x int, y text);\n`)
    for (let row = 0; row < 25; row += 1) parts.push(`INSERT INTO log (x) VALUES (${String(row)});\n`)
    parts.push(
      `BEGIN;\nUPDATE sum SET n = n + 1;\nSELECT pg_catalog.pg_sleep(0.005);\nINSERT INTO log (x) VALUES (-1);\nCOMMIT;\n`,
    )
    const data = Array.from({ length: rows }, (_, row) => `${String(row)}\t${'y'.repeat(row % 90)}\n`).join('')
    parts.push(`COPY t${String(table)} FROM stdin;\n${data}\\.\n`)
    parts.push(`INSERT INTO nowhere VALUES (${String(table)});\nUPDATE sum SET n = n + 10;\nVACUUM log;\n`)
    parts.push(`BEGIN;\nINSERT INTO log (x) VALUES (-2);\nINSERT INTO log (x) VALUES ('no');\nCOMMIT;\n`)
  }
  return parts.join('')
}

const SCRIPT = `SET client_min_messages = error;
${busy('home', 4000)}
CREATE DATABASE script_kill TEMPLATE template0;
CREATE ROLE script_kill_role;
ALTER ROLE script_kill_role WITH LOGIN PASSWORD 'secret';
\\connect script_kill
${busy('other', 4000)}
\\connect postgres
${busy('back', 500)}
`

const KILLS = 6

/** What an undisturbed run of SCRIPT leaves and reports. */
interface Expected {
  home: Record<string, string>
  back: Record<string, string>
  other: Record<string, string>
  errors: unknown
}

async function found(own: { url(database?: string): string }): Promise<Omit<Expected, 'errors'>> {
  return {
    home: await rowsOf(own.url(), 'home'),
    back: await rowsOf(own.url(), 'back'),
    other: await rowsOf(own.url('script_kill'), 'other'),
  }
}

test(
  'a script whose process is killed at random moments ends as if it had never been, with nothing done twice',
  { timeout: 300_000 },
  async () => {
    const seed = Number(process.env['PGLEAP_SEED'] ?? randomInt(2 ** 31))
    process.stderr.write(`PGLEAP_SEED=${String(seed)} repeats these kills\n`)
    const random = randomFrom(seed)
    const file = join(folder, 'kill.sql')
    writeFileSync(file, SCRIPT)
    let expected: Expected
    {
      await using calm = await startServer({ major: 16 })
      const report = await restoreScript({ script: file, target: calm.url() })
      expected = { ...(await found(calm)), errors: report.errors }
      expect(Object.values(expected.home).filter((rows) => rows.startsWith('4000 '))).toHaveLength(6)
    }
    await using own = await startServer({ major: 16 })
    const resumedAt: number[] = []
    for (let kill = 0; kill < KILLS; kill += 1) {
      const [share, delay] = [random(), random()]
      let countdown = Infinity
      const { events, stderr, code } = await killed({ script: file, target: own.url() }, (event, die) => {
        // Ends spread evenly over the steps that are left, whatever is being done then.
        if (event.type === 'plan') countdown = Math.ceil((share * event.steps) / KILLS)
        if (event.type === 'step-done') countdown -= 1
        if (countdown <= 0) die(delay * 60)
      })
      expect({ stderr, code }, `seed ${String(seed)}`).toEqual({ stderr: '', code: 'SIGKILL' })
      const resumed = events.find((event) => event.type === 'resumed')
      if (resumed?.type === 'resumed') resumedAt.push(resumed.done)
    }
    expect(resumedAt.length).toBeGreaterThan(2)
    expect(resumedAt).toEqual(resumedAt.toSorted((a, b) => a - b))
    const report = await restoreScript({ script: file, target: own.url() })
    expect(report.errors, `seed ${String(seed)}`).toEqual(expected.errors)
    const { errors: _errors, ...rows } = expected
    expect(await found(own), `seed ${String(seed)}`).toEqual(rows)
    expect(await queryOnce(own.url(), `select rolcanlogin from pg_roles where rolname = 'script_kill_role'`)).toEqual([
      { rolcanlogin: true },
    ])
    expect(await hasRecord(own.url())).toBe(false)
  },
)

/** Runs a restore in a process of its own, which `onEvent` may kill after so many milliseconds. */
async function killed(
  options: RestoreScriptOptions,
  onEvent: (event: Event, die: (ms: number) => void) => void,
): Promise<{ events: Event[]; stderr: string; code: unknown }> {
  const child = spawn(
    process.execPath,
    [await bundled(fileURLToPath(new URL('restore-child.ts', import.meta.url))), JSON.stringify(options)],
    { stdio: ['ignore', 'pipe', 'pipe'] },
  )
  const events: Event[] = []
  let stderr = ''
  let rest = ''
  let isDying = false
  const die = (ms: number): void => {
    if (!isDying) setTimeout(() => child.kill('SIGKILL'), ms)
    isDying = true
  }
  child.stderr.on('data', (text: Buffer) => (stderr += text.toString()))
  child.stdout.on('data', (text: Buffer) => {
    const lines = (rest + text.toString()).split('\n')
    rest = lines.pop() ?? ''
    for (const line of lines) {
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the child prints events and nothing else
      const event = JSON.parse(line) as Event
      events.push(event)
      onEvent(event, die)
    }
  })
  const [code, signal]: unknown[] = await once(child, 'close')
  return { events, stderr, code: signal ?? code }
}

test('connections that are cut in the middle of anything cost nothing but time', { timeout: 200_000 }, async () => {
  const seed = Number(process.env['PGLEAP_SEED'] ?? randomInt(2 ** 31))
  process.stderr.write(`PGLEAP_SEED=${String(seed)} repeats these cuts\n`)
  const random = randomFrom(seed)
  const young = await server(17)
  const script = join(folder, 'cut.sql')
  writeFileSync(script, busy('cut', 3000))
  await using calm = await freshDatabase(young)
  const whole = await restoreScript({ script, target: calm.url })
  await using target = await freshDatabase(young)
  await using proxy = await faultProxy(young)
  let cuts = 0
  const over = new AbortController()
  const met = new AbortController()
  const cutting = (async () => {
    // A target that is not there at the first contact is told at once; nothing was changed.
    await once(met.signal, 'abort')
    while (!over.signal.aborted && cuts < 12) {
      await sleep(50 + random() * 400)
      if (random() < 0.5) proxy.cutAfter(Math.ceil(random() * 50_000), random() < 0.3 ? 'down' : 'up')
      else proxy.cut()
      cuts += 1
    }
    await proxy.resume()
  })()
  const report = await restoreScript({
    script,
    target: proxy.url(target.url),
    onEvent: (event) => {
      if (event.type === 'phase' && event.phase === 'connect') met.abort()
    },
  })
  over.abort()
  await cutting
  expect(cuts).toBeGreaterThan(1)
  const noDatabase = (errors: typeof report.errors) =>
    errors.map(({ line, statement, times }) => [line, statement, times])
  expect(noDatabase(report.errors), `seed ${String(seed)}`).toEqual(noDatabase(whole.errors))
  expect(await rowsOf(target.url, 'cut'), `seed ${String(seed)}`).toEqual(await rowsOf(calm.url, 'cut'))
})

test.each([
  ['connect', 1600],
  ['connect', 2000],
  ['connect', 2500],
  ['finish', 1],
] as const)('a connection that is cut in phase %s, after %i bytes, is made anew', async (phase, bytes) => {
  const young = await server(17)
  await using target = await freshDatabase(young)
  await using proxy = await faultProxy(young)
  const script = join(folder, 'short.sql')
  writeFileSync(script, 'CREATE TABLE t (x int);\nINSERT INTO t VALUES (1);\n')
  const notices: string[] = []
  const report = await restoreScript({
    script,
    target: proxy.url(target.url),
    onEvent: (event) => {
      if (event.type === 'notice') notices.push(event.code)
      if (event.type === 'phase' && event.phase === phase) proxy.cutAfter(bytes, 'down')
    },
  })
  expect(notices).toContain('run.reconnecting')
  expect(report).toMatchObject({ outcome: 'restored', errors: [] })
  expect(await target.query('select x from t')).toEqual([{ x: 1 }])
  expect(await target.query(`select from pg_namespace where nspname = 'pgleap'`)).toEqual([])
})

test('an interrupt ends what runs, keeps what is done, and the next call goes on', async () => {
  await using target = await freshDatabase(await server(17))
  await using other = databaseNamed(await server(17), 'script_interrupted')
  const script = join(folder, 'interrupt.sql')
  writeFileSync(
    script,
    `CREATE TABLE t (x int);\nINSERT INTO t VALUES (1);\nCREATE DATABASE ${other.name};\nSELECT pg_sleep(1000) WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'quick');\nINSERT INTO t VALUES (2);\n`,
  )
  const stop = new AbortController()
  const running = restoreScript({ script, target: target.url, signal: stop.signal })
  const error = running.catch((reason: unknown) => reason)
  await expect
    .poll(
      () =>
        target.query(
          `select from pg_stat_activity where query ~ 'pg_sleep.1000' and state = 'active' and datname = current_database() and pid <> pg_backend_pid()`,
        ),
      { timeout: 30_000 },
    )
    .toHaveLength(1)
  stop.abort()
  expect(await error).toBeInstanceOf(PgleapError)
  expect(await error).toMatchObject({ code: 'run.interrupted', party: 'interrupted' })
  await target.query('create role quick')
  const report = await restoreScript({ script, target: target.url })
  await target.query('drop role quick')
  expect(report).toMatchObject({ outcome: 'restored', resumedAt: expect.any(Number) })
  expect(await target.query('select x from t order by x')).toEqual([{ x: 1 }, { x: 2 }])
})

test('a database that a killed run was making is taken as made', async () => {
  const young = await server(17)
  await using target = await freshDatabase(young)
  await using made = databaseNamed(young, 'script_half_made')
  const script = join(folder, 'half.sql')
  const text = `CREATE TABLE t (x nothing);\nCREATE DATABASE ${made.name};\n\\connect ${made.name}\nCREATE TABLE t (x int);\n`
  writeFileSync(script, text)
  await restoreScript({ script, target: target.url, onError: 'stop' })
  const at = text.indexOf(';') + 1
  await target.query(`update pgleap.script set done_to = $1, next_to = $2`, [at, text.indexOf(';', at) + 1])
  await target.query(`create database ${made.name}`)
  const before = await restoreScript({ script, target: target.url })
  expect(before).toMatchObject({ outcome: 'restored', errors: [], expected: [] })
  expect(Object.keys(await rowsOf(made.url))).toEqual(['public.t'])
})

test("a database of somebody else's is not taken for one that a killed run has made", async () => {
  const young = await server(17)
  await using target = await freshDatabase(young)
  await using used = await freshDatabase(young)
  await used.query('create table mine (x int)')
  const script = join(folder, 'theirs.sql')
  const text = `CREATE TABLE t (x nothing);\nCREATE DATABASE ${used.name};\n\\connect ${used.name}\nCREATE TABLE t (x int);\n`
  writeFileSync(script, text)
  await restoreScript({ script, target: target.url, onError: 'stop' })
  const at = text.indexOf(';') + 1
  // As it is recorded before the server is asked to make it.
  await target.query(`update pgleap.script set done_to = $1, next_to = $2`, [at, text.indexOf(';', at) + 1])
  const report = await restoreScript({ script, target: target.url })
  expect(report).toMatchObject({ outcome: 'errors', errors: [{ line: 2, followers: [{ line: 3 }, { line: 4 }] }] })
  expect(Object.keys(await rowsOf(used.url))).toEqual(['public.mine'])
})

test("a lost connection of the record doubles nothing in the script's own open transaction", async () => {
  const young = await server(17)
  await using target = await freshDatabase(young)
  await using other = await freshDatabase(young)
  await other.query('create sequence once')
  const lost = `SELECT CASE WHEN nextval('once') %% 2 = 1 THEN (SELECT count(pg_terminate_backend(pid, 10000))
    FROM pg_stat_activity WHERE datname = '${target.name}' AND application_name ~ 'record') END`
  const report = await restoreText(
    `\\connect ${other.name}
CREATE TABLE t (x text);
CREATE FUNCTION cut() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM (${lost.replace('%%', '%')}); RETURN NULL; END $$;
CREATE TRIGGER cut AFTER INSERT ON t EXECUTE FUNCTION cut();
INSERT INTO t VALUES ('insert');
COPY t FROM stdin;
copy
\\.
BEGIN;
INSERT INTO t VALUES ('block');
COMMIT;
`,
    target.url,
  )
  expect(report).toMatchObject({ outcome: 'restored', errors: [] })
  expect(await other.query('select x from t order by x')).toEqual([{ x: 'block' }, { x: 'copy' }, { x: 'insert' }])
})
