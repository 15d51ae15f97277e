import { describe, expect, test } from 'vitest'
import { Client } from 'pg'
import { freshDatabase, freshRole, server, startServer } from '../kit/index.ts'
import { findings, found, passes } from './support.ts'

describe('who is connected', () => {
  test.each([13, 18] as const)(
    'on %s, sessions are told by role, application and address; what they keep is named',
    async (major) => {
      const on = await server(major)
      await using app = await freshRole(on)
      await using reader = await freshRole(on)
      await using source = await freshDatabase(on)
      for (const id of ['A01', 'A02', 'A05', 'A07']) await passes(id, { source })
      await using _clients = await connected([
        [source.urlFor(app.name), 'shop', 'listen orders'],
        [source.urlFor(app.name), 'shop', 'select pg_advisory_lock(7)'],
        [source.urlFor(app.name), 'shop', 'create temp table t (a int)'],
        [source.url, 'billing', 'select 1'],
        [source.url, 'psql', 'select 1'],
      ])
      const [who] = await findings('A01', { source })
      expect(who?.message).toContain(`${app.name} as shop from 127.0.0.1 (3 sessions)`)
      expect(await findings('A02', { source })).toMatchObject([
        {
          object: 'role postgres',
          message: expect.stringMatching(/^A superuser with postgres as billing from 127.0.0.1 \(1 session\):/),
        },
      ])
      const kept = await findings('A05', { source })
      expect(kept.map(({ message }) => message.replace(/[.;:].*/s, ''))).toEqual([
        'Sessions that listened for notifications (LISTEN)',
        'Sessions that hold advisory locks',
        '1 session has temporary tables',
      ])
      const [blind] = await findings('A01', { source: source.urlFor(reader.name) })
      expect(blind?.message).toContain('need pg_read_all_stats')
      expect(await found('A05', { source: source.urlFor(reader.name) })).toMatchObject({ status: 'unknown' })
    },
  )

  test('who receives the WAL as a standby does is named', async () => {
    await using own = await startServer({ major: 17 })
    await using reader = await freshRole(own)
    await using source = await freshDatabase(own)
    await passes('A07', { source })
    // A walsender that serves no logical slot, which is all that a server sees of a standby.
    await using _standby = await connected([[`${own.url()}?replication=true`, 'standby1']])
    await expect.poll(async () => (await found('A07', { source })).status).toBe('found')
    expect(await findings('A07', { source })).toMatchObject([
      { message: expect.stringMatching(/^1 receiver of this server's WAL: standby1 at 127.0.0.1/) },
    ])
    const [blind] = await findings('A07', { source: source.urlFor(reader.name) })
    expect(blind?.message).toMatch(/: standby1\. /)
  })
})

async function connected(sessions: readonly (readonly [url: string, name: string, statement?: string])[]) {
  const clients: Client[] = []
  for (const [connectionString, name, statement] of sessions) {
    const client = new Client({ connectionString, application_name: name })
    await client.connect()
    if (statement !== undefined) await client.query(statement)
    clients.push(client)
  }
  return {
    async [Symbol.asyncDispose]() {
      await Promise.all(clients.map((client) => client.end()))
    },
  }
}
