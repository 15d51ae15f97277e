import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Client } from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { clearText, far, network, poolerSigns, skew } from '../../src/check/connectivity/network.ts'
import { badReleases, releases } from '../../src/check/connectivity/releases.ts'
import { releaseFindings } from '../../src/check/connectivity/servers.ts'
import { openEnds } from '../../src/check/index.ts'
import { parseConnection } from '../../src/connection/index.ts'
import { freePort, freshDatabase, freshRole, MAJORS, server, startServer } from '../kit/index.ts'
import type { FreshDatabase, OwnServer } from '../kit/index.ts'
import { findings, found, passes } from './support.ts'

let source: FreshDatabase
let target: FreshDatabase

beforeAll(async () => {
  source = await freshDatabase(await server(14))
  target = await freshDatabase(await server(17))
})

afterAll(async () => {
  await source[Symbol.asyncDispose]()
  await target[Symbol.asyncDispose]()
})

describe('C02, the target reaches the source', () => {
  test.each(MAJORS)('from a server of %s, by a subscription of which nothing stays', async (major) => {
    await using from = await freshDatabase(await server(major))
    await passes('C02', { source, target: from })
    expect(await from.query('select from pg_catalog.pg_subscription')).toEqual([])
  })

  test('not at an address where only pgleap sees it; the password is neither said nor logged', async () => {
    await using role = await freshRole(source.server, { attributes: "login password 'pf-c02-secret'" })
    const away = `host=127.0.0.1 port=${String(await freePort())} user=${role.name} password=pf-c02-secret dbname=x`
    const [check] = network
    if (check?.id !== 'C02') throw new Error('no C02')
    await using ends = await openEnds({
      source: parseConnection(source.url),
      target: parseConnection(target.url),
      to: 18,
      paths: ['online'],
    })
    const outcome = await check.look({ ...ends, info: { ...ends.info, source: parseConnection(away) } })
    expect(outcome).toMatchObject({ status: 'found', findings: [{ severity: 'block' }] })
    expect(JSON.stringify(outcome)).not.toContain('pf-c02-secret')
    expect(target.server.log()).not.toContain('pf-c02-secret')
  })

  test('is unknown where the user may not make subscriptions', async () => {
    await using role = await freshRole(target.server)
    const outcome = await found('C02', { source, target: target.urlFor(role.name) })
    expect(outcome).toMatchObject({ status: 'unknown', reason: expect.stringMatching(/permission denied|privileges/u) })
  })
})

test('C03: a connection of the machine itself needs no TLS, and one over a network does', async () => {
  await passes('C03', { source, target })
  expect(clearText('source', [{ encrypted: true, protocol: 'TLSv1.3', local: false }])).toEqual([])
  expect(clearText('source', [{ encrypted: false, protocol: null, local: false }])).toMatchObject([
    { object: 'source' },
  ])
})

test('C05: addresses of poolers are known', async () => {
  await passes('C05', { source, target })
  expect(signs('postgres://ep-x-pooler.eu.aws.neon.tech/app')).toEqual(['ep-x-pooler.eu.aws.neon.tech:5432'])
  expect(signs('postgres://aws-0-eu.pooler.supabase.com:6543/app')).toEqual(['aws-0-eu.pooler.supabase.com:6543'])
  expect(signs('postgres://a:6432,b/app')).toEqual(['a:6432'])
  expect(signs('postgres://ep-x.eu.aws.neon.tech/app')).toEqual([])
})

describe('a standby', () => {
  let standby: OwnServer

  beforeAll(async () => {
    standby = await startServer({ major: 16, settings: { wal_level: 'logical' } })
    await standby.stop()
    writeFileSync(join(standby.dataDir, 'standby.signal'), '')
    await standby.start()
  })

  afterAll(() => standby[Symbol.asyncDispose]())

  test('C06: cannot be a target, and as a source is a warning offline and blocks online', async () => {
    await passes('C06', { source, target })
    expect(await findings('C06', { source, target: standby.url() })).toMatchObject([
      { object: 'target', severity: 'block' },
    ])
    const severities = async (paths: readonly ('offline' | 'online')[]) =>
      (await findings('C06', { source: standby.url(), paths })).map(({ severity }) => severity)
    expect(await severities(['offline'])).toEqual(['warning'])
    expect(await severities(['online'])).toEqual(['block'])
  })

  test('C15: can be decoded from 16 on, with feedback to its primary', async () => {
    await passes('C15', { source })
    expect(await findings('C15', { source: standby.url() })).toMatchObject([
      { message: expect.stringContaining('hot_standby_feedback = off') },
    ])
  })
})

test('C07: a database is not migrated to itself, and another one of the same server is said', async () => {
  await passes('C07', { source, target })
  expect(await findings('C07', { source, target: source })).toMatchObject([{ severity: 'block' }])
  await using other = await freshDatabase(source.server)
  expect(await findings('C07', { source, target: other })).toMatchObject([{ severity: 'info' }])
})

test('C08: the target is not older', async () => {
  await passes('C08', { source, target })
  await passes('C08', { source, to: 14 })
  expect(await findings('C08', { source: target, target: source })).toMatchObject([
    {
      object: 'target',
      severity: 'block',
      message: expect.stringContaining('PostgreSQL 14, older than the source (17)'),
    },
  ])
  expect(await findings('C08', { source: target, to: 15 })).toHaveLength(1)
})

describe('C09, releases', () => {
  test('that the tests run on are the newest that are known', async () => {
    await passes('C09', { source, target })
  })

  test('that are old, known to be bad or without fixes are said', () => {
    expect(saysOf(140_003)).toEqual([expect.stringMatching(/^warning: The source runs PostgreSQL 14.3: CREATE INDEX/u)])
    expect(saysOf(170_009)).toEqual(['info: The source runs PostgreSQL 17.9; 17.10 has the fixes of 1 more releases.'])
    expect(saysOf(130_023)).toEqual([])
    expect(saysOf(130_023, 'target')).toEqual([
      'warning: The target runs PostgreSQL 13.23, which gets no fixes since 2025-11-13.',
    ])
    expect(saysOf(190_001)).toEqual([])
  })

  test('in the tables are in order', () => {
    expect(releases.map(({ major }) => major)).toEqual([10, 11, 12, 13, 14, 15, 16, 17, 18])
    for (const { first, last } of badReleases) expect(first).toBeLessThanOrEqual(last)
  })
})

test('C11: time limits of the user are said, though our own sessions are free of them', async () => {
  await using role = await freshRole(source.server)
  await passes('C11', { source: source.urlFor(role.name) })
  await source.query(`alter role "${role.name}" set statement_timeout = '2min'`)
  const where = { source: source.urlFor(role.name) }
  expect(await findings('C11', { ...where, paths: ['offline'] })).toMatchObject([
    { object: 'source statement_timeout', severity: 'info', message: expect.stringContaining('2 min 00 s') },
  ])
  expect(await findings('C11', where)).toMatchObject([{ severity: 'warning' }])
})

test('C12: clocks that are seconds apart are said', async () => {
  await passes('C12', { source, target })
  expect(skew(ahead(1_999))).toEqual([])
  expect(skew(ahead(-5_000))).toMatchObject([{ message: expect.stringContaining('5.0 s behind') }])
})

test('C13: round trips to a server far away are said', async () => {
  await passes('C13', { source, target })
  expect(far([{ side: 'target', ms: 80 }])).toMatchObject([{ object: 'target' }])
})

test('C14: standbys of the source are said, and what that means depends on its version', async () => {
  await passes('C14', { source })
  for (const [major, text] of [
    [14, 'Before 17 they know nothing'],
    [17, 'failover = true'],
  ] as const) {
    await using own = await startServer({ major, settings: { wal_level: 'logical' } })
    // A walsender that serves no logical slot, which is all that a primary sees of a standby.
    const receiver = new Client(`${own.url()}?replication=true&application_name=standby1`)
    await receiver.connect()
    try {
      expect(await findings('C14', { source: own.url() })).toMatchObject([{ message: expect.stringContaining(text) }])
    } finally {
      await receiver.end()
    }
  }
})

function signs(url: string): string[] {
  return poolerSigns('source', parseConnection(url)).map(({ where }) => where)
}

function saysOf(version: number, side: 'source' | 'target' = 'source'): string[] {
  const found = releaseFindings(side, version, '2026-11-21')
  return found.map(({ severity = 'warning', message }) => `${severity}: ${message}`)
}

function ahead(ms: number): { side: 'source' | 'target'; aheadMs: number }[] {
  return [
    { side: 'source', aheadMs: 100 },
    { side: 'target', aheadMs: 100 + ms },
  ]
}
