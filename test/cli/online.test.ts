import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { pairOf, write, type StreamingPair } from '../online/pair.ts'
import { runCli, startCli } from './run-cli.ts'

const STEPS = ['plan', 'start', 'status', 'watch', 'sync-schema', 'cutover', 'rollback', 'finish', 'abort'] as const

describe('the help of online', { timeout: 240_000 }, () => {
  test('lists the steps in their order', async () => {
    const { code, stdout } = await runCli(['online', '--help'])
    expect(code).toBe(0)
    expect([...stdout.matchAll(/^ {2}([a-z-]+) </gmu)].map(([, step]) => step)).toEqual([...STEPS])
    expect(stdout.split('\n').filter((line) => line.length > 80)).toEqual([])
  })

  test('of each step is no wider than a screen, has an example, and its options are in the guide', async () => {
    const guide = readFileSync(join(import.meta.dirname, '../../docs/online.md'), 'utf8')
    for (const step of STEPS) {
      const { code, stdout } = await runCli(['online', step, '--help'])
      expect(code).toBe(0)
      expect(stdout).toMatch(new RegExp(`Examples?:\n {2}pgleap online ${step} `, 'u'))
      expect(stdout.split('\n').filter((line) => line.length > 80)).toEqual([])
      const options = stdout.match(/(?<= )--[a-z-]+/gu) ?? []
      expect(options.filter((option) => option !== '--help' && !guide.includes(`\`${option}`))).toEqual([])
    }
  })

  test('a step that there is not is a mistake', async () => {
    const { code, stderr } = await runCli(['online', 'cutovr', 'postgres://nobody@127.0.0.1:1/none'])
    expect(code).toBe(2)
    expect(stderr).toContain('Did you mean cutover?')
  })
})

describe('an online migration by the command line', { timeout: 240_000 }, () => {
  let pair: StreamingPair

  beforeAll(async () => {
    pair = await pairOf(14, 17)
  }, 120_000)

  afterAll(() => pair[Symbol.asyncDispose](), 60_000)

  test('goes there, back, and leaves nothing', async () => {
    const { source, target } = pair
    const started = await runCli(['online', 'start', source.url, target.url])
    expect(started.stderr).not.toContain('error')
    expect(started).toMatchObject({ code: 0, stdout: expect.stringContaining('The target follows the source') })
    const again = await runCli(['online', 'start', source.url, target.url])
    expect(again).toMatchObject({ code: 2, stderr: expect.stringContaining('online.under-way') })

    const watch = startCli(['online', 'watch', target.url, '--every', '200ms'])
    await watch.says('Streaming: the application writes to the source')

    const status = await runCli(['online', 'status', target.url])
    expect(status).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('Nothing stands in the way of a cutover.'),
    })

    const rehearsed = await runCli(['online', 'cutover', target.url, '--rehearse'])
    expect(rehearsed.stderr).not.toContain('error')
    expect(rehearsed).toMatchObject({ code: 0, stdout: expect.stringMatching(/writes were stopped for \d+ ms/u) })
    await source.query(`insert into item values (8000, 'still there')`)

    const cutover = await runCli(['online', 'cutover', target.url, '--json', '--grace', '1s', '--max-pause', '20s'])
    expect(cutover.lines().at(-1)).toMatchObject({
      type: 'result',
      command: 'online cutover',
      result: { to: 'target', pauseMs: expect.any(Number) },
    })
    await target.query(`insert into item values (8001, 'there')`)
    expect(await runCli(['online', 'abort', target.url])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('online.abort-late'),
    })

    const rollback = await runCli(['online', 'rollback', target.url])
    expect(rollback).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('The application writes to the source now'),
    })
    expect(await source.query('select id from item where id >= 8000 order by id')).toEqual([{ id: 8000 }, { id: 8001 }])

    await write(target, `alter subscription ${await subscriptionOf(target)} disable`)
    const blocked = await runCli(['online', 'status', target.url])
    expect(blocked).toMatchObject({ code: 5, stdout: expect.stringContaining('The subscription is disabled.') })

    const abort = await runCli(['online', 'abort', target.url, '--yes'])
    expect(abort).toMatchObject({ code: 0, stdout: expect.stringContaining('replica identity of public.tag') })
    const over = await runCli(['online', 'status', target.url, '--source', source.url])
    expect(over).toMatchObject({ code: 0, stdout: expect.stringContaining('nothing is left of one on the source') })
    expect(await watch.done).toMatchObject({ code: 0, stdout: 'The migration is over.\n' })
  })
})

async function subscriptionOf({ query }: StreamingPair['target']): Promise<string> {
  const [row] = await query<{ subname: string }>('select subname from pg_stat_subscription')
  return row?.subname ?? ''
}
