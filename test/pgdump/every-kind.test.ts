import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { entrySql, isAboutDatabase, ownersOf, rolesOf, type Archive } from '../../src/archive/index.ts'
import { BUNDLED_PG_DUMP } from '../../src/pgdump/index.ts'
import { MAJORS, freshDatabase, server, freshRole, type FreshDatabase, type Major, type Server } from '../kit/index.ts'
import {
  NATIVE_PG_DUMP,
  comparable,
  demoDatabase,
  describe as nameOf,
  droppable,
  dump,
  restore,
  runDemoFile,
} from './support.ts'

/** The newest pair, an old and a new end, and the pair that most people move between. */
const TARGETS: Partial<Record<Major, Major>> = { 13: 18, 14: 17, 17: 18 }
const EMPTY = { with: `template template0 encoding 'UTF8'` }

/** What no restore of pg_dump's own text brings back; pg_restore gives the same. */
function withoutWhatPgDumpCannotCarry(archive: Archive, target: Major): Archive {
  const known = new Set([
    // A table that was put under its parent later has its own columns first; a new one has the inherited ones first.
    'TABLE odd child_by_alter',
    // pg_dump 18 writes this for targets of 15 and newer, where PUBLIC cannot create anything there to begin with.
    ...(target < 15 ? ['ACL SCHEMA public'] : []),
  ])
  return { ...archive, entries: archive.entries.filter((entry) => !known.has(nameOf(entry))) }
}

describe.each(MAJORS)('a database of PostgreSQL %i with every kind of object', (major) => {
  let original: FreshDatabase

  beforeAll(async () => {
    original = await demoDatabase(await server(major))
  })
  afterAll(() => original[Symbol.asyncDispose]())

  test.skipIf(NATIVE_PG_DUMP === '')('is dumped by the bundled pg_dump as by a native one', async () => {
    const bundled = await dump(original.url)
    const native = await dump(original.url, { pgDumpPath: NATIVE_PG_DUMP })
    expect(comparable(bundled)).toEqual(comparable(native))
    expect(bundled).toMatchObject({
      format: 'custom',
      database: original.name,
      serverVersion: native.serverVersion,
      pgDumpVersion: BUNDLED_PG_DUMP.version,
    })
    expect(bundled.entries.length).toBeGreaterThan(400)
  })

  test('gives an archive whose entries make a database with an equal dump', async () => {
    await using copy = droppable(await freshDatabase(await server(major), EMPTY))
    // pg_dump 18 writes subscriptions that servers before 16 do not take (run_as_owner).
    const args = major < 16 ? ['--no-subscriptions'] : []
    const before = await dump(original.url, { args })
    expect(await restore(before, copy.url)).toEqual([])
    const after = await dump(copy.url, { args })
    expect(comparable(withoutWhatPgDumpCannotCarry(after, major))).toEqual(
      comparable(withoutWhatPgDumpCannotCarry(before, major)),
    )
  })

  test.runIf(major in TARGETS)('gives an archive whose entries all run on a newer server', async () => {
    const newer = await server(TARGETS[major] ?? major)
    await using copy = droppable(await freshDatabase(newer, EMPTY))
    await runDemoFile(copy.url, 'roles')
    const before = await dump(original.url)
    expect(await restore(before, copy.url)).toEqual([])
    const made = new Set(objects(await dump(copy.url)))
    expect(objects(before).filter((name) => !made.has(name))).toEqual([])
  })
})

test('with a role map, every owner, grant, policy and user mapping goes to the new roles and no other text changes', async () => {
  const on = await server(17)
  await using original = await demoDatabase(on)
  const archive = await dump(original.url)
  const roles = new Set([...ownersOf(archive), ...archive.entries.flatMap((entry) => [...rolesOf(entry)])])
  expect([...roles].toSorted()).toEqual(['Shop "Reader"', 'postgres', 'shop_auditor', 'shop_sales', 'shop_stock'])
  roles.delete('postgres')
  const roleMap = new Map([...roles].map((role) => [role, `New "${role}"`]))
  await using _roles = await freshRoles(on, [...roleMap.values()])
  await using copy = droppable(await freshDatabase(on, EMPTY))
  expect(await restore(archive, copy.url, { roleMap })).toEqual([])

  const after = await dump(copy.url)
  const back = new Map([...roleMap].map(([from, to]) => [to, from]))
  // Mapped to themselves, so that both sides write roles in quotes.
  const same = new Map([...roles].map((role) => [role, role]))
  expect(statements(after, back).map(rolesInOrder)).toEqual(statements(archive, same).map(rolesInOrder))
  expect(after.entries.flatMap((entry) => [...rolesOf(entry)]).filter((role) => roles.has(role))).toEqual([])
})

/** pg_dump names a policy's roles in the order in which they happen to lie in pg_authid (getPolicies of pg_dump.c). */
function rolesInOrder(statement: string): string {
  return statement.replace(
    /^(CREATE POLICY .*? TO )(".*")( USING)/u,
    (_, head: string, roles: string, rest: string) => {
      return head + roles.split(', ').toSorted().join(', ') + rest
    },
  )
}

function statements(archive: Archive, roleMap: ReadonlyMap<string, string>): string[] {
  const { entries } = withoutWhatPgDumpCannotCarry(archive, 17)
  return entries.flatMap((entry) => entrySql(entry, { roleMap }).join('\n') || []).toSorted()
}

/** Comments and grants aside, whose text is another's on another version. */
function objects(archive: Archive): string[] {
  return archive.entries.filter((entry) => entry.section !== 'none' && !isAboutDatabase(entry)).map(nameOf)
}

async function freshRoles(on: Server, names: string[]): Promise<AsyncDisposable> {
  const made = await Promise.all(names.map((name) => freshRole(on, { name })))
  return {
    async [Symbol.asyncDispose]() {
      for (const role of made) await role[Symbol.asyncDispose]()
    },
  }
}
