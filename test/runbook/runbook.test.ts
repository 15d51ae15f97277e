import { execFile } from 'node:child_process'
import { chmod, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { parseConnection } from '../../src/connection/index.ts'
import type { Event } from '../../src/index.ts'
import { fromPigsty, runbook } from '../../src/index.ts'
import { runCli } from '../cli/run-cli.ts'
import { type OwnServer, queryOnce, startServer } from '../kit/index.ts'
import { expectRefusal, run } from '../migrate/support.ts'

const PASSWORD = `S3cret'"<&@:/\\ word`
const FORMS = [PASSWORD, encodeURIComponent(PASSWORD), PASSWORD.replaceAll("'", "''"), 'S3cret']
/** A name that a shell, a connection string and Markdown each would read in a way of their own. */
const DATABASE = `it's a "x" \\ y|*_`
const PGLEAP = join(import.meta.dirname, '../../bin/pgleap')

let old: OwnServer
let young: OwnServer
let scratch: string
let passfile: string
beforeAll(async () => {
  old = await startServer({ major: 14, password: PASSWORD, settings: { wal_level: 'replica' } })
  young = await startServer({ major: 17, password: PASSWORD })
  scratch = await mkdtemp(join(tmpdir(), 'pgleap-runbook-'))
  passfile = join(scratch, 'pgpass')
  const line = `127.0.0.1:*:*:*:${PASSWORD.replaceAll(/[\\:]/gu, '\\$&')}\n`
  await writeFile(passfile, line, { mode: 0o600 })
  await queryOnce(old.url(), 'create role app_owner')
  await queryOnce(old.url(), `create database "${DATABASE.replaceAll('"', '""')}" owner app_owner`)
  await queryOnce(young.url(), `create database "${DATABASE.replaceAll('"', '""')}"`)
  await run(
    old.url(DATABASE),
    `create table t (id int primary key, note text);
     alter table t owner to app_owner;
     insert into t select n, 'row ' || n from generate_series(1, 1000) n`,
  )
})
afterAll(async () => {
  await rm(scratch, { recursive: true })
  await young[Symbol.asyncDispose]()
  await old[Symbol.asyncDispose]()
})

/** Runs a script of a runbook as a person does, from some other folder; the exit code and all that it printed. */
function script(folder: string, name: string): Promise<{ code: number; said: string }> {
  const { PATH = '' } = process.env
  const env = { PATH, HOME: '/nonexistent', PGLEAP, PGPASSFILE: passfile }
  return new Promise((resolve) => {
    const child = execFile(join(folder, name), { cwd: '/', env }, (_error, stdout, stderr) =>
      resolve({ code: child.exitCode ?? -1, said: stdout + stderr }),
    )
  })
}

async function read(folder: string, name: string): Promise<string> {
  return readFile(join(folder, name), 'utf8')
}

function write(end: OwnServer, id: number): Promise<unknown> {
  return queryOnce(end.url('app'), `insert into t values (${String(id)})`)
}

function count(end: OwnServer): Promise<unknown> {
  return queryOnce(end.url('app'), 'select count(*)::int as count from t')
}

/** Everything in a folder, in one text. */
async function contents(folder: string): Promise<string> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  const files = entries.filter((entry) => entry.isFile())
  const texts = await Promise.all(files.map((file) => readFile(join(file.parentPath, file.name), 'utf8')))
  return texts.join('\n')
}

describe('a runbook', () => {
  test(
    'takes a database over, script by script, and holds no password before or after',
    { timeout: 180_000 },
    async () => {
      const folder = join(scratch, 'offline')
      const report = await runbook({ source: old.url(DATABASE), target: young.url(DATABASE), folder, sampleMs: 100 })
      expect(report.way).toBe('offline')
      const scripts = report.files.filter((name) => name.endsWith('.sh'))
      expect(scripts).toEqual([
        '10-check.sh',
        '20-rehearse.sh',
        '30-roles.sh',
        '35-rehearse-rows.sh',
        '40-migrate.sh',
        '50-verify.sh',
      ])
      expect(await read(folder, 'README.md')).toContain('1 roles are missing on the target: step 30 brings them')

      const first = await script(folder, '10-check.sh')
      expect(first.said).toContain('app_owner')
      expect(first.code).toBe(5)
      const codes: Record<string, number> = {}
      for (const name of ['20-rehearse.sh', '30-roles.sh', ...scripts.filter((each) => each !== '30-roles.sh')]) {
        const { code, said } = await script(folder, name)
        expect(code, `${name}: ${said}`).toBe(0)
        codes[name] = code
        expect(FORMS.filter((form) => said.includes(form))).toEqual([])
      }
      expect(Object.keys(codes)).toHaveLength(6)
      const rows = await queryOnce(young.url(DATABASE), 'select count(*)::int as count from t')
      expect(rows).toEqual([{ count: 1000 }])
      expect(await readdir(join(folder, 'results'))).toEqual(['fixes.sql', 'migrate.html', 'prediction.json'])
      const all = await contents(folder)
      expect(FORMS.filter((form) => all.includes(form))).toEqual([])
    },
  )

  test('describes the way that it recommends, or the one that was asked for, and says so', async () => {
    const both = { source: old.url(DATABASE), target: young.url(DATABASE), allowedPauseMs: 1, sampleMs: 100 }
    const recommended = await runbook({ ...both, folder: join(scratch, 'short') })
    expect(recommended).toMatchObject({ way: 'online', recommendation: { way: 'online' } })
    expect(recommended.files).toContain('70-cutover.sh')
    // The source's wal_level is replica.
    expect(recommended.recommendation.reasons.join(' ')).toMatch(/S01.* mended/u)

    const choices = { jobs: 2, verify: 'counts', targetProvider: 'aptible' } as const
    const asked = await runbook({ ...both, folder: join(scratch, 'asked'), way: 'offline', ...choices })
    expect(asked).toMatchObject({ way: 'offline', recommendation: { way: 'online' } })
    const readme = await read(join(scratch, 'asked'), 'README.md')
    expect(readme).toContain('**pgleap recommends online; this way was asked for.**')
    const migrate = await read(join(scratch, 'asked'), '40-migrate.sh')
    expect(migrate).toContain('--jobs 2 --verify counts --target-provider aptible --report results/migrate.html "$@"')
    expect(await read(join(scratch, 'asked'), '50-verify.sh')).toContain(
      'verify "$SRC" "$DST" --mode counts --target-provider aptible "$@"',
    )

    const filtered = await runbook({ ...both, folder: join(scratch, 'filtered'), include: ["t'*", 't'], exclude: [] })
      .then(() => 'written')
      .catch((error: { code: string }) => error.code)
    expect(filtered).toBe('filter.unmatched')
    await expectRefusal(
      runbook({ ...both, folder: join(scratch, 'filtered'), include: ['t'], way: 'online' }),
      'usage.runbook-way',
      'usage',
    )
    const offline = await runbook({ ...both, folder: join(scratch, 'filtered'), include: ['t'] })
    expect(offline.recommendation.reasons.join(' ')).toContain('a choice of tables')
    expect(await read(join(scratch, 'filtered'), '50-verify.sh')).toContain('verify "$SRC" "$DST" --include t "$@"')
  })

  test('keeps an application writing: to the target, back again, and to its end', { timeout: 180_000 }, async () => {
    await using source = await startServer({ major: 14 })
    await using target = await startServer({ major: 17 })
    await queryOnce(source.url(), 'create database app')
    await queryOnce(target.url(), 'create database app')
    await run(source.url('app'), 'create table t (id int primary key); insert into t select generate_series(1, 100)')
    const folder = join(scratch, 'online')
    const both = { source: source.url('app'), target: target.url('app') }
    await runbook({ ...both, folder, way: 'online', allowedPauseMs: 20_000, sampleMs: 100 })
    const follow = async (...names: string[]) => {
      for (const name of names) {
        const { code, said } = await script(folder, name)
        expect(code, `${name}: ${said}`).toBe(0)
      }
    }

    await follow('10-check.sh', '20-rehearse.sh', '40-online-start.sh', '50-online-status.sh', '60-rehearse-cutover.sh')
    await write(source, 101)
    await follow('70-cutover.sh')
    await write(target, 102)
    await follow('80-rollback.sh')
    expect(await count(source)).toEqual([{ count: 102 }])
    await write(source, 103)
    await follow('70-cutover.sh', '90-finish.sh')
    expect(await count(target)).toEqual([{ count: 103 }])
  })

  test('has a script for every step that calls pgleap, and all are scripts that a shell can read', async () => {
    const folder = join(scratch, 'short')
    const names = (await readdir(folder)).filter((name) => name.endsWith('.sh'))
    const readme = await read(folder, 'README.md')
    for (const name of names) {
      expect(readme).toContain(`\`${name}\``)
      expect((await stat(join(folder, name))).mode & 0o777).toBe(0o755)
      const checked = await new Promise((resolve) =>
        execFile('sh', ['-n', join(folder, name)], (error) => resolve(error)),
      )
      expect(checked).toBeNull()
    }
  })

  test('takes its times from a rehearsal, which the real run is then compared with', async () => {
    const prediction = join(scratch, 'prediction.json')
    const times = { version: 1, totalMs: 600_000, lowMs: 500_000, highMs: 720_000, tables: [] }
    await writeFile(prediction, JSON.stringify(times))
    const folder = join(scratch, 'predicted')
    const both = { source: old.url(DATABASE), target: young.url(DATABASE), sampleMs: 100 }
    const report = await runbook({ ...both, folder, prediction, allowedPauseMs: 720_000 })
    expect(report).toMatchObject({ way: 'offline', offlineMs: { likely: 600_000, high: 720_000, basis: 'rehearsal' } })
    expect(await read(folder, 'README.md')).toContain('about 10 min 00 s, at most 12 min 00 s')
    expect(JSON.parse(await read(folder, 'results/prediction.json'))).toEqual(times)
  })

  test('overwrites nothing', async () => {
    const folder = join(scratch, 'taken')
    const both = { source: old.url(DATABASE), target: young.url(DATABASE), folder }
    await writeFile(folder, 'a file')
    await expectRefusal(runbook(both), 'usage.runbook-folder', 'usage')
    await expectRefusal(runbook({ ...both, folder: scratch }), 'usage.runbook-folder', 'usage')
    expect(await readFile(folder, 'utf8')).toBe('a file')
  })
})

function task(): string {
  return [
    'src_cls: old',
    `src_db: ${JSON.stringify(DATABASE)}`,
    'src_ip: 127.0.0.1',
    `src_port: ${String(old.port)}`,
    'dst_cls: new',
    `dst_db: ${JSON.stringify(DATABASE)}`,
    'dst_ip: 127.0.0.1',
    `dst_port: ${String(young.port)}`,
    'pg_admin_username: postgres',
    `pg_admin_password: ${JSON.stringify(PASSWORD)}`,
    'nobody_knows: 1',
  ].join('\n')
}

describe('the command line', () => {
  test("writes a runbook from a migration task of Pigsty's, and copies none of its passwords", async () => {
    const file = join(scratch, 'pg-meta.yml')
    await writeFile(file, task())
    await chmod(file, 0o600)
    const events: Event[] = []
    const ends = await fromPigsty({ file, onEvent: (event) => events.push(event) })
    expect(parseConnection(ends.source).describe()).toBe(`postgres@127.0.0.1:${String(old.port)}/${DATABASE}`)
    expect(events).toMatchObject([{ code: 'pigsty.unknown-key' }, { code: 'pigsty.password' }])

    const folder = join(scratch, 'from-pigsty')
    const args = ['plan', '--from-pigsty', file, '--runbook', folder, '--allowed-pause', '10min']
    const done = await runCli(args, { PGPASSFILE: passfile })
    expect(done.stderr).toContain('"nobody_knows"')
    expect(done.stdout).toContain('Recommended: offline')
    expect(done.code).toBe(0)
    const all = `${await contents(folder)}${done.stdout}${done.stderr}`
    expect(FORMS.filter((form) => all.includes(form))).toEqual([])
  })

  test.each([
    ['neither ends nor a task', ['plan'], /Missing required argument 'source'/u],
    ['one end', ['plan', 'postgres://old/app'], /Missing required argument 'target'/u],
    ['both', ['plan', 'postgres://a', 'postgres://b', '--from-pigsty', 'x.yml'], /named twice/u],
    ['options of a runbook alone', ['plan', 'postgres://a', 'postgres://b', '--way', 'online'], /none was asked for/u],
    ['a pause without a unit', ['plan', 'a', 'b', '--runbook', 'x', '--allowed-pause', '10'], /is no time/u],
    ['a task that is not there', ['plan', '--from-pigsty', '/nonexistent.yml'], /cannot be read/u],
  ])('refuses %s', async (_what, args, message) => {
    const { code, stderr } = await runCli(args)
    expect(stderr).toMatch(message)
    expect(code).toBe(2)
  })
})
