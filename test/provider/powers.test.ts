import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { type Session, type Side, connect, parseConnection } from '../../src/connection/index.ts'
import { type Powers, readPowers } from '../../src/provider/index.ts'
import {
  type ImitatedProvider,
  type Major,
  connectClient,
  freshDatabase,
  freshRole,
  imitate,
  queryOnce,
  server,
  startServer,
} from '../kit/index.ts'

function open(url: string, signal?: AbortSignal, side: Side = 'target'): Promise<Session> {
  return connect(parseConnection(url, { env: {} }), { side, purpose: 'test', signal })
}

/** Everything that a probe could leave, on the server and in the database. */
function traces(url: string): Promise<object[]> {
  return queryOnce(
    url,
    `select to_jsonb(a) - 'rolpassword' as thing from pg_authid a
     union all select to_jsonb(m) from pg_auth_members m
     union all select to_jsonb(s) from pg_db_role_setting s
     union all select to_jsonb(u) from pg_subscription u
     union all select to_jsonb(o) from pg_replication_origin o
     union all select to_jsonb(p) from pg_publication p
     union all select to_jsonb(e) from pg_event_trigger e
     union all select to_jsonb(f.oid) from pg_proc f
     union all select to_jsonb(n.nspname) from pg_namespace n
     union all select to_jsonb(c.oid) from pg_class c
     union all select to_jsonb(d) from pg_shdepend d where d.classid <> 'pg_shdepend'::regclass
     union all select to_jsonb(l.slot_name) from pg_replication_slots l
      order by 1`,
  )
}

/** Probes, and checks that the catalogs are as before. */
async function probed(url: string, superuserUrl: string): Promise<Powers> {
  const before = await traces(superuserUrl)
  await using session = await open(url)
  const powers = await readPowers(session, 'probe')
  expect(await session.query('select 1 as one')).toEqual([{ one: 1 }])
  expect(await session.query('select from pg_catalog.pg_locks where not granted and pid = pg_backend_pid()')).toEqual(
    [],
  )
  expect(await traces(superuserUrl)).toEqual(before)
  return powers
}

/** The powers in two lists, for short expectations. */
function lists(powers: Powers): { yes: string[]; no: string[] } {
  const { give, ...rest } = powers
  const all = [...Object.entries(rest), ...Object.entries(give)]
  const of = (answer: string) => all.filter(([, value]) => value === answer).map(([name]) => name)
  return { yes: of('yes').toSorted(), no: of('no').toSorted() }
}

const EVERYTHING = [
  'BYPASSRLS',
  'CREATEDB',
  'CREATEROLE',
  'REPLICATION',
  'SUPERUSER',
  'becomeRoles',
  'createDatabase',
  'createEventTrigger',
  'createPublication',
  'createRole',
  'createSubscription',
  'createTablespace',
  'publishAllTables',
  'setReplicationRole',
  'setRoleParameters',
  'signalBackends',
  'takeMd5',
  'takeScram',
]

test.each<Major>([13, 18])('a superuser of %i can do everything, by the catalogs and by trying', async (major) => {
  await using database = await freshDatabase(await server(major))
  const powers = await probed(database.url, database.url)
  expect(lists(powers)).toEqual({ yes: EVERYTHING, no: [] })
  expect(powers).toMatchObject({ mode: 'probe', superuser: true, verifiersIn: 'pg_authid', refusals: {} })

  await using session = await open(database.url)
  expect(lists(await readPowers(session, 'catalog'))).toEqual({ yes: EVERYTHING, no: [] })
})

test.each<Major>([13, 15, 16, 18])(
  'a role of %i with no rights at all can do nothing, and the server says so',
  async (major) => {
    const shared = await server(major)
    await using role = await freshRole(shared)
    await using database = await freshDatabase(shared)
    await database.query(`revoke all on database ${database.name} from public`)
    await database.query(`grant connect on database ${database.name} to ${role.name}`)
    const powers = await probed(database.urlFor(role.name), database.url)
    expect(lists(powers)).toEqual({
      yes: [],
      no: EVERYTHING.filter((power) => power !== 'createTablespace' && power !== 'createEventTrigger'),
    })
    expect(powers).toMatchObject({ createTablespace: 'unknown', createEventTrigger: 'unknown', verifiersIn: undefined })
    expect(powers.refusals).toMatchObject({ createRole: expect.stringMatching(/denied/u) })

    await using session = await open(database.urlFor(role.name), undefined, 'source')
    const read = await readPowers(session, 'catalog')
    expect(lists(read)).toEqual({ yes: [], no: ['createDatabase', 'signalBackends'] })
  },
)

test('the catalogs alone are asked in a read-only transaction, and nothing is tried', async () => {
  await using database = await freshDatabase(await server(17))
  await using session = await open(database.url, undefined, 'source')
  await session.script('begin read only')
  expect(await readPowers(session, 'catalog')).toMatchObject({ mode: 'catalog', createRole: 'yes', refusals: {} })
  await session.script('commit')
})

const ADMINISTRATORS: readonly [ImitatedProvider, Major, readonly string[]][] = [
  ['plain', 15, ['CREATEDB', 'CREATEROLE', 'becomeRoles', 'createDatabase', 'createRole', 'takeMd5', 'takeScram']],
  ['plain', 17, ['CREATEDB', 'CREATEROLE', 'becomeRoles', 'createDatabase', 'createRole', 'takeMd5', 'takeScram']],
  [
    'azure-flexible',
    17,
    [
      'BYPASSRLS',
      'CREATEDB',
      'CREATEROLE',
      'REPLICATION',
      'becomeRoles',
      'createDatabase',
      'createPublication',
      'createRole',
      'createSubscription',
      'signalBackends',
      'takeMd5',
      'takeScram',
    ],
  ],
  [
    // An event trigger of the service fires on some attempts.
    'supabase',
    15,
    [
      'CREATEDB',
      'CREATEROLE',
      'becomeRoles',
      'createDatabase',
      'createPublication',
      'createRole',
      'signalBackends',
      'takeMd5',
      'takeScram',
    ],
  ],
  [
    'rds',
    14,
    [
      'CREATEDB',
      'CREATEROLE',
      'becomeRoles',
      'createDatabase',
      'createPublication',
      'createRole',
      'signalBackends',
      'takeMd5',
      'takeScram',
    ],
  ],
]

test.each(ADMINISTRATORS)(
  'the administrator of %s on %i can do what its rights say, and no more',
  async (provider, major, can) => {
    await using imitation = await imitate(provider, major)
    const powers = await probed(imitation.adminUrl, imitation.superuserUrl)
    expect(lists(powers).yes).toEqual([...can].toSorted())
    await using session = await open(imitation.adminUrl, undefined, 'source')
    expect(lists(await readPowers(session, 'catalog')).yes).toEqual([...can].toSorted())
  },
)

test("the administrator of Azure's retired service reads the password verifiers", async () => {
  await using imitation = await imitate('azure-single', 13)
  await using session = await open(imitation.adminUrl, undefined, 'source')
  expect(await readPowers(session, 'catalog')).toMatchObject({
    verifiersIn: 'pg_authid',
    superuser: false,
    replication: true,
  })
})

test('a user who is read only by default is asked what he could do', async () => {
  const shared = await server(16)
  await using role = await freshRole(shared, { attributes: 'login createrole' })
  await queryOnce(shared.url(), `alter role ${role.name} set default_transaction_read_only = on`)
  await using database = await freshDatabase(shared)
  expect(await probed(database.urlFor(role.name), database.url)).toMatchObject({ createRole: 'yes' })
})

test('a standby cannot be tried, so that its catalogs are all that is asked', async () => {
  await using standby = await startServer({ major: 16 })
  await queryOnce(standby.url(), 'create role clerk login')
  await standby.stop()
  writeFileSync(join(standby.dataDir, 'standby.signal'), '')
  await standby.start()
  await using session = await open(standby.url('postgres', 'clerk'))
  expect(await readPowers(session, 'probe')).toMatchObject({ mode: 'catalog', createRole: 'unknown' })
})

test('what somebody else has locked is unknown, not refused', async () => {
  await using database = await freshDatabase(await server(17))
  await using other = await connectClient(database.url)
  await other.query('begin')
  await other.query('lock table pg_catalog.pg_publication in share mode')
  await using session = await open(database.url)
  const powers = await readPowers(session, 'probe')
  expect(powers).toMatchObject({ createPublication: 'unknown', publishAllTables: 'unknown', createRole: 'yes' })
  expect(powers.refusals['createPublication']).toMatch(/lock timeout/u)
  await other.query('rollback')
})

test('an abort ends the trying and leaves nothing, and so does the loss of the connection', async () => {
  await using database = await freshDatabase(await server(17))
  const before = await traces(database.url)
  await using session = await open(database.url)
  await expect(readPowers(session, 'probe', { signal: AbortSignal.abort() })).rejects.toThrow(/abort/u)
  expect(await session.query('select 1 as one')).toEqual([{ one: 1 }])

  await using other = await connectClient(database.url)
  await other.query('begin')
  await other.query('lock table pg_catalog.pg_publication in share mode')
  const reading = readPowers(session, 'probe').catch((error: unknown) => error)
  await expect
    .poll(async () => {
      const rows = await queryOnce(database.url, 'select from pg_locks where pid = $1 and not granted', [session.pid])
      return rows.length
    })
    .toBe(1)
  await queryOnce(database.url, 'select pg_terminate_backend($1)', [session.pid])
  expect(await reading).toMatchObject({ party: 'target' })
  await other.query('rollback')
  expect(await traces(database.url)).toEqual(before)
})
