import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { connectClient, programNamed } from '../kit/index.ts'
import { pairOf, type StreamingPair } from '../online/pair.ts'
import { until } from '../online/until.ts'
import { runCli, startCli } from './run-cli.ts'

const terminal = programNamed('script')
const BIN = join(import.meta.dirname, '../../bin/pgleap')

const NOBODY = 'postgres://admin@127.0.0.1:1/pgbouncer'

/** Runs pgleap on a pseudo-terminal (script of util-linux), and answers its question. */
async function atTerminal(args: readonly string[], answer: string): Promise<{ code: number | null; screen: string }> {
  const command = [process.execPath, BIN, ...args].map((word) => `'${word}'`).join(' ')
  const child = spawn(terminal ?? '', ['-q', '-e', '-c', command, '/dev/null'], { stdio: ['pipe', 'pipe', 'inherit'] })
  let screen = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    const asked = screen.includes('Type yes to go on')
    screen += text
    if (!asked && screen.includes('Type yes to go on')) child.stdin.write(`${answer}\n`)
  })
  await once(child, 'close')
  return { code: child.exitCode, screen }
}

describe('the steps of an online migration at the command line', { timeout: 300_000 }, () => {
  let pair: StreamingPair
  let folder: string

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'pgleap-steps-'))
    pair = await pairOf(14, 17)
  }, 120_000)

  afterAll(async () => {
    await pair[Symbol.asyncDispose]()
    rmSync(folder, { recursive: true })
  }, 60_000)

  test('plan shows the rule of each table and what would be changed, and changes nothing', async () => {
    const { source, target } = pair
    const plan = await runCli(['online', 'plan', source.url, target.url])
    expect(plan.stderr).toBe('')
    expect(plan.code).toBe(0)
    expect(plan.stdout).toMatch(/public\.item +streamed/u)
    expect(plan.stdout).toMatch(/public\.note +paused/u)
    expect(plan.stdout).toContain('ALTER TABLE "public"."tag" REPLICA IDENTITY USING INDEX "tag_name";')
    const [line] = (await runCli(['online', 'plan', source.url, target.url, '--json'])).lines()
    expect(line).toMatchObject({ type: 'result', command: 'online plan', result: { tables: expect.any(Array) } })
    expect(await source.query('select from pg_publication')).toEqual([])
    expect(await target.query(`select from pg_namespace where nspname like 'pgleap%'`)).toEqual([])
  })

  test('start that is interrupted says how to go on', async () => {
    const { source, target } = pair
    await using open = await connectClient(source.url)
    await open.query('begin; insert into item values (4000)')
    const starting = startCli(['online', 'start', source.url, target.url])
    await until(async () => expect(await source.query('select from pg_replication_slots')).toHaveLength(1))
    starting.interrupt()
    const { code, stderr } = await starting.done
    expect(code).toBe(130)
    expect(stderr).toContain('`pgleap online start SOURCE TARGET` again goes on')
    expect(stderr).not.toContain('pgleap resume')
    await open.query('rollback')
  })

  test('sync-schema ends with 5 while there is something to do, and with 0 once it is done', async () => {
    const { source, target } = pair
    expect(await runCli(['online', 'start', source.url, target.url])).toMatchObject({ code: 0 })
    expect(await runCli(['online', 'sync-schema', target.url])).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('The schema has not changed'),
    })
    await source.query('alter table item add column note text')
    const shown = await runCli(['online', 'sync-schema', target.url])
    expect(shown.code).toBe(5)
    expect(shown.stdout).toContain('added  column public.item.note')
    expect(shown.stdout).toContain('--apply does it')
    expect(await runCli(['online', 'sync-schema', target.url, '--apply'])).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('Both sides have the same schema again'),
    })
  })

  test('a cutover whose commands or routers do not do their part is none', async () => {
    const { source, target } = pair
    const wrong = [
      [['--on-freeze', 'echo no; exit 3'], 'online.hook'],
      [['--pgbouncer', NOBODY], 'usage.routing'],
      [['--pgbouncer', NOBODY, '--on-switch', 'true'], 'online.pgbouncer'],
      [['--pgbouncer', NOBODY, '--pgbouncer-config', join(folder, 'none.ini')], 'online.pgbouncer'],
      [['--haproxy-frontend', 'f'], 'usage.routing'],
      [['--pgbouncer-config', join(folder, 'none.ini')], 'usage.routing'],
      [
        ['--haproxy', join(folder, 'none.sock'), '--haproxy-frontend', 'f', '--haproxy-server', 'b/s'],
        'online.haproxy',
      ],
    ] as const
    for (const [options, error] of wrong) {
      const run = await runCli(['online', 'cutover', target.url, ...options])
      expect(run).toMatchObject({ code: 2, stderr: expect.stringContaining(error) })
      await source.query('update item set v = v where id = 1')
    }
    const unknown = await runCli(['online', 'cutover', target.url, '--pgbouncer-timeout', 'soon'])
    expect(unknown).toMatchObject({ code: 2, stderr: expect.stringContaining('soon') })
  })

  test.skipIf(terminal === undefined)(
    'a cutover asks a person first, and does nothing unless the answer is yes',
    async () => {
      const { source, target } = pair
      const file = join(folder, 'hooks')
      const hook = (name: string) => [`--${name}`, `echo $PGLEAP_HOOK $PGLEAP_SIDE >> ${file}`]
      const command = ['online', 'cutover', target.url, ...hook('on-freeze'), ...hook('on-switch'), ...hook('on-thaw')]
      const declined = await atTerminal(command, 'no')
      expect(declined.code).toBe(2)
      expect(declined.screen).toContain('Writes are stopped for a moment, and then go to the target.')
      expect(declined.screen).toContain('Nothing was done')
      await source.query('update item set v = v where id = 1')

      const done = await atTerminal(command, 'yes')
      expect(done.screen).toContain('The application writes to the target now.')
      expect(done.code).toBe(0)
      expect(readFileSync(file, 'utf8')).toBe('freeze source\nswitch target\n')
      await target.query('update item set v = v where id = 1')
      expect(await runCli(['online', 'finish', target.url])).toMatchObject({ code: 0 })
    },
  )
})
