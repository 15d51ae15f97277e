import { expect, test } from 'vitest'
import { connect, parseConnection } from '../../src/connection/index.ts'
import { recogniseProvider } from '../../src/provider/index.ts'
import { recogniseAmong } from '../../src/provider/recognise.ts'
import { like, managed } from '../../src/provider/self-managed.ts'
import { MAJORS, freshDatabase, freshRole, server } from '../kit/index.ts'

const open = (url: string) => connect(parseConnection(url, { env: {} }), { side: 'source', purpose: 'test' })

test.each(MAJORS)('a plain server of %i is self-managed, for a superuser and for anybody', async (major) => {
  const shared = await server(major)
  await using role = await freshRole(shared)
  await using database = await freshDatabase(shared)
  for (const url of [database.url, database.urlFor(role.name)]) {
    await using session = await open(url)
    expect((await recogniseProvider(session)).id).toBe('self-managed')
    expect((await recogniseProvider(session, 'server.postgres.database.azure.com')).id).toBe('self-managed')
    expect((await recogniseProvider(session, 'x.eu.aivencloud.com')).id).toBe(
      url === database.url ? 'self-managed' : 'aiven',
    )
  }
})

test('each kind of sign is found on the server, and a setting also by its value', async () => {
  const shared = await server(17)
  await using role = await freshRole(shared)
  await using database = await freshDatabase(shared)
  await database.query('create schema acme_schema')
  await database.query(`alter database ${database.name} set acme.edition = 'gold'`)
  await using session = await open(database.urlFor(role.name))
  const found = (...providers: Parameters<typeof like>[0][]) =>
    recogniseAmong(session, undefined, providers.map(like)).then(({ id }) => id)

  expect(await found({ id: 'a', name: 'A', signatures: [{ role: role.name }] })).toBe('a')
  expect(await found({ id: 'b', name: 'B', signatures: [{ database: database.name }] })).toBe('b')
  expect(await found({ id: 'c', name: 'C', signatures: [{ schema: 'acme_schema' }] })).toBe('c')
  expect(await found({ id: 'd', name: 'D', signatures: [{ function: 'pg_backend_pid' }] })).toBe('d')
  expect(await found({ id: 'e', name: 'E', signatures: [{ setting: 'acme.edition' }] })).toBe('e')
  expect(await found({ id: 'f', name: 'F', signatures: [{ setting: 'acme.edition', value: 'gold' }] })).toBe('f')
  expect(await found({ id: 'g', name: 'G', signatures: [{ setting: 'acme.edition', value: 'tin' }] })).toBe(
    'self-managed',
  )
  expect(await found({ id: 'h', name: 'H', signatures: [{ setting: 'acme.none' }, { role: 'none' }] })).toBe(
    'self-managed',
  )
})

test('a setting that the user may not see costs no more than that sign', async () => {
  const shared = await server(17)
  await using role = await freshRole(shared)
  await using session = await open(shared.url('postgres', role.name))
  const hidden = managed({ id: 'hidden', name: 'Hidden', signatures: [{ setting: 'data_directory' }] })
  const acme = managed({ id: 'acme', name: 'Acme', signatures: [{ role: role.name }] })
  expect((await recogniseAmong(session, undefined, [hidden, acme])).id).toBe('acme')
})
