import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { check } from '../../src/index.ts'
import type { Event } from '../../src/index.ts'
import { allChecks } from '../../src/check/index.ts'
import { freshDatabase, server } from '../kit/index.ts'
import type { FreshDatabase } from '../kit/index.ts'

let source: FreshDatabase
let target: FreshDatabase
const folder = mkdtempSync(join(tmpdir(), 'pgleap-check-'))

beforeAll(async () => {
  source = await freshDatabase(await server(14))
  target = await freshDatabase(await server(17))
})

afterAll(async () => {
  rmSync(folder, { recursive: true })
  await source[Symbol.asyncDispose]()
  await target[Symbol.asyncDispose]()
})

describe('check', () => {
  test('reports both sides and a result for every check, with an event each', async () => {
    const events: Event[] = []
    const report = await check({ source: source.url, target: target.url, onEvent: (event) => events.push(event) })
    expect(report).toMatchObject({
      source: { database: source.name, version: expect.stringMatching(/^14\./u), provider: 'self-managed PostgreSQL' },
      target: { database: target.name, version: expect.stringMatching(/^17\./u) },
      to: 17,
      paths: ['offline'],
    })
    expect(report.results.map(({ id }) => id)).toEqual(allChecks.map(({ id }) => id))
    const checked = events.flatMap((event) => (event.type === 'checked' ? [event.id] : []))
    expect(checked).toEqual(allChecks.map(({ id }) => id))
  })

  test('is BLOCKED by an older target, and not where a waiver or nobody asks', async () => {
    const pair = { source: target.url, target: source.url }
    const blocked = await check(pair)
    expect(blocked.verdict).toBe('BLOCKED')
    const waivers = join(folder, 'w.yml')
    const waive = (until: string) => writeFileSync(waivers, `[{id: C08, reason: only a trial, until: ${until}}]`)
    const others = blocked.results.flatMap(({ id, status, severity }) =>
      id !== 'C08' && status !== 'passed' && severity === 'block' ? [id] : [],
    )
    waive('2999-12-31')
    expect(await check({ ...pair, waivers, skip: others })).toMatchObject({
      verdict: 'READY',
      waivers: [{ state: 'used' }],
    })
    waive('2000-01-01')
    expect(await check({ ...pair, waivers })).toMatchObject({ verdict: 'BLOCKED', waivers: [{ state: 'expired' }] })
    const skipped = await check({ ...pair, skip: [...others, 'C08'] })
    expect(skipped.verdict).toBe('READY')
    expect(skipped.results.find(({ id }) => id === 'C08')).toMatchObject({ reason: 'skipped as asked' })
  })

  test('needs no target, takes a provider by name, and asks about the ways that it is told', async () => {
    const report = await check({ source: source.url, to: 16, paths: ['online'], sourceProvider: 'rds' })
    expect(report).toMatchObject({ target: undefined, to: 16, source: { provider: expect.stringContaining('RDS') } })
    const offlineOnly = allChecks.filter(({ paths }) => !paths.includes('online')).map(({ id }) => id)
    const skipped = report.results.filter(({ status }) => status === 'skipped').map(({ id }) => id)
    expect(skipped).toEqual(expect.arrayContaining(offlineOnly))
  })

  test.each([
    [{ to: 9 }, 'usage.to'],
    [{ to: 16.5 }, 'usage.to'],
    [{ to: 17, target: 'postgres://nowhere/x' }, 'usage.to'],
    [{ skip: ['C08', 'Q99'] }, 'usage.check-id'],
    [{ waivers: '/nonexistent.yml' }, 'usage.waivers'],
    [{ sourceProvider: 'nobody' }, 'usage.provider'],
  ])('refuses %j before it connects to anything', async (options, code) => {
    await expect(check({ source: 'postgres://nowhere.invalid/x', ...options })).rejects.toMatchObject({ code })
  })

  test('is an error of the side that cannot be reached', async () => {
    const nowhere = 'postgres://127.0.0.1:1/x'
    await expect(check({ source: nowhere })).rejects.toMatchObject({ party: 'source' })
    await expect(check({ source: source.url, target: nowhere })).rejects.toMatchObject({ party: 'target' })
  })
})
