import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { ServerIdentity, Side } from '../../src/connection/index.ts'
import { assertUsablePair, connect, identifyServer, parseConnection } from '../../src/connection/index.ts'
import { refuse } from '../../src/connection/identity.ts'
import { connectClient, freshDatabase, freshRole, server, startServer } from '../kit/index.ts'

function open(url: string, side: Side) {
  return connect(parseConnection(url, { env: {} }), { side, purpose: 'identity test' })
}

test('two databases are a pair, on one server or on two', async () => {
  await using one = await freshDatabase(await server(14))
  await using two = await freshDatabase(await server(14))
  await using newer = await freshDatabase(await server(17))
  await using source = await open(one.url, 'source')
  await using sibling = await open(two.url, 'target')
  await using target = await open(newer.url, 'target')
  await assertUsablePair(source, sibling)
  const pair = await assertUsablePair(source, target)
  expect(pair.source).toMatchObject({ major: 14, database: one.name, recovering: false, readOnly: false })
  expect(pair.target.systemIdentifier).toMatch(/^\d{15,}$/)
})

test('a database is never its own target, also for a user who may not read the system identifier', async () => {
  const pg = await server(17)
  await using role = await freshRole(pg)
  await using db = await freshDatabase(pg)
  await using source = await open(db.url, 'source')
  await using target = await open(db.url, 'target')
  await expect(assertUsablePair(source, target)).rejects.toMatchObject({ code: 'target.is-source', party: 'usage' })
  await db.query('revoke execute on function pg_control_system() from public')
  await using limited = await open(db.urlFor(role.name), 'target')
  await expect(identifyServer(limited)).resolves.toMatchObject({ systemIdentifier: undefined })
  await expect(assertUsablePair(source, limited)).rejects.toMatchObject({ code: 'target.is-source' })
})

test('a target that is older than the source is refused', async () => {
  await using newer = await freshDatabase(await server(17))
  await using older = await freshDatabase(await server(14))
  await using source = await open(newer.url, 'source')
  await using target = await open(older.url, 'target')
  await expect(assertUsablePair(source, target)).rejects.toMatchObject({ code: 'target.older', party: 'target' })
})

test('a target that is read only for its user is refused', async () => {
  const pg = await server(17)
  await using role = await freshRole(pg)
  await using from = await freshDatabase(await server(14))
  await using to = await freshDatabase(pg)
  await using admin = await connectClient(pg.url())
  await admin.query(`alter role "${role.name}" set default_transaction_read_only = on`)
  await using source = await open(from.url, 'source')
  await using target = await open(to.urlFor(role.name), 'target')
  await expect(assertUsablePair(source, target)).rejects.toMatchObject({ code: 'target.read-only' })
})

test('a standby is refused as a target, and can be a source: it exports snapshots', async () => {
  await using pg = await startServer({ major: 17 })
  await pg.stop()
  writeFileSync(join(pg.dataDir, 'standby.signal'), '')
  await pg.start()
  await using other = await freshDatabase(await server(17))
  await using standby = await open(pg.url(), 'target')
  await using primary = await open(other.url, 'source')
  await expect(assertUsablePair(primary, standby)).rejects.toMatchObject({ code: 'target.standby' })
  await assertUsablePair(standby, primary)
  await standby.script('begin isolation level repeatable read read only')
  const [row] = await standby.query<{ snapshot: string }>('select pg_export_snapshot() as snapshot')
  await using second = await open(pg.url(), 'source')
  await second.script(
    `begin isolation level repeatable read read only; set transaction snapshot '${row?.snapshot ?? ''}'`,
  )
})

describe('which pair is refused', () => {
  const source: ServerIdentity = {
    side: 'source',
    major: 14,
    database: 'app',
    databaseOid: 16_384,
    systemIdentifier: '7000000000000000001',
    startedAt: '2024-01-01 00:00:00.000001+00',
    recovering: false,
    readOnly: false,
  }
  const target: ServerIdentity = {
    ...source,
    side: 'target',
    major: 17,
    systemIdentifier: '7000000000000000002',
    startedAt: '2024-01-01 00:00:00.000002+00',
  }
  const codeOf = (from: Partial<ServerIdentity>, to: Partial<ServerIdentity>) =>
    refuse({ ...source, ...from }, { ...target, ...to })?.code

  test('a good one is not', () => {
    expect(codeOf({}, {})).toBeUndefined()
    expect(codeOf({ recovering: true, readOnly: true }, {})).toBeUndefined()
  })

  test('a source before 10 is', () => {
    expect(codeOf({ major: 9 }, {})).toBe('source.too-old')
    expect(codeOf({ major: 10 }, {})).toBeUndefined()
  })

  test('a standby and its primary are one database, but two copies that both take writes are two', () => {
    const { systemIdentifier } = source
    expect(codeOf({ recovering: true, major: 17 }, { systemIdentifier })).toBe('target.is-source')
    expect(codeOf({ major: 17 }, { systemIdentifier })).toBeUndefined()
    expect(codeOf({ major: 17 }, { startedAt: source.startedAt, systemIdentifier: undefined })).toBe('target.is-source')
    expect(codeOf({ major: 17 }, { startedAt: source.startedAt, systemIdentifier, databaseOid: 5 })).toBeUndefined()
  })
})
