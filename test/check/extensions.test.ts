import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { compareVersions, olderVersion, postgisChanges } from '../../src/check/extensions/versions.ts'
import type { ExtensionRow, OfferedRow } from '../../src/check/extensions/extension-row.ts'
import { freshDatabase, imitate, server } from '../kit/index.ts'
import type { FreshDatabase, Imitation } from '../kit/index.ts'
import { apply } from './apply.ts'
import { findings, found, passes } from './support.ts'

const offline = ['offline'] as const

/** A target with an administrator who is no superuser. */
let plain: Imitation
beforeAll(async () => {
  plain = await imitate('plain', 17)
}, 60_000)
afterAll(() => plain[Symbol.asyncDispose]())

async function renamed(database: FreshDatabase, from: string, to: string): Promise<FreshDatabase> {
  await database.query(`update pg_extension set extname = '${to}' where extname = '${from}'`)
  return database
}

/** PostgreSQL's own servers have only its own modules: gives one of them another's name, and thereby imitates that one. */
function rename(database: FreshDatabase, name: string, version: string) {
  return database.query(
    `update pg_extension set extname = '${name}', extversion = '${version}' where extname = 'hstore'`,
  )
}

describe('what the target offers (X01, X02, X03, X06, X12)', () => {
  test('an extension that it does not offer blocks, with what uses it, and is dropped where nothing does', async () => {
    await using source = await freshDatabase(await server(14))
    await using target = await freshDatabase(await server(17))
    await source.query('create extension hstore; create extension pg_trgm; create table t (a hstore)')
    for (const id of ['X01', 'X02', 'X03', 'X04', 'X05', 'X06', 'X07'])
      await passes(id, { source, target, paths: offline })
    await rename(source, 'vector', '0.8.0')
    const used = await findings('X01', { source, target, paths: offline })
    expect(used).toMatchObject([
      {
        object: 'extension vector',
        severity: 'block',
        message: expect.stringContaining('used by column a of table public.t'),
      },
    ])
    expect(used[0]?.fix?.kind).toBe('advice')
    await source.query('drop table t; create extension cube; create extension earthdistance')
    const [cube] = await findings('X01', { source: await renamed(source, 'cube', 'kubus'), target, paths: offline })
    expect(cube?.message).toContain('used by extension earthdistance')
    await renamed(source, 'kubus', 'cube')
    const unused = await findings('X01', { source, target, paths: offline })
    expect(unused[0]?.fix).toMatchObject({ kind: 'sql', sql: 'DROP EXTENSION "vector";' })
    await apply(unused, { source })
    await passes('X01', { source, target, paths: offline })
    expect(await found('X01', { source, paths: offline })).toMatchObject({ status: 'skipped' })
  })

  test('modules that PostgreSQL removed are named by the version that did', async () => {
    await using source = await freshDatabase(await server(14))
    await using target = await freshDatabase(await server(17))
    await source.query('create extension adminpack; create extension old_snapshot')
    await passes('X06', { source, to: 16, paths: offline })
    const two = await findings('X06', { source, to: 17, paths: offline })
    expect(two.map(({ object }) => object)).toEqual(['extension adminpack', 'extension old_snapshot'])
    // Said once.
    await passes('X01', { source, target, paths: offline })
    await apply(two, { source })
    await passes('X06', { source, to: 17, paths: offline })
    await apply(two, { source }, 'undo')
    expect(await findings('X06', { source, to: 17, paths: offline })).toEqual(two)
    // Python 2 is on no server of the kit.
    await source.query('create extension hstore')
    await rename(source, 'plpython2u', '1.0')
    expect(await findings('X06', { source, to: 15, paths: offline })).toMatchObject([
      { object: 'extension plpython2u' },
    ])
    await passes('X06', { source, to: 14, paths: offline })
  })

  test('an older version that is on the target already is updated by the fix', async () => {
    await using source = await freshDatabase(await server(14))
    await using target = await freshDatabase(await server(17))
    await source.query('create extension pg_stat_statements')
    await target.query(`create extension pg_stat_statements version '1.4'`)
    const all = await findings('X02', { source, target, paths: offline })
    expect(all).toMatchObject([{ object: 'extension pg_stat_statements', message: expect.stringContaining('as 1.4') }])
    await apply(all, { target })
    await passes('X02', { source, target, paths: offline })
    await apply(all, { target }, 'undo')
    expect(await findings('X02', { source, target, paths: offline })).toEqual(all)
    await target.query('drop extension pg_stat_statements')
    await passes('X02', { source, target, paths: offline })
  })

  test('an older version that the target would make is told from rows, since no server of the kit offers one', () => {
    const ours: ExtensionRow = { name: 'postgis', version: '3.5.2', schema: 'public', relocatable: false, uses: [] }
    const theirs: OfferedRow = {
      name: 'postgis',
      defaultVersion: '3.4.0',
      superuserOnly: false,
      fixedSchema: null,
      installed: null,
      installedIn: null,
      relocatable: false,
      superuser: true,
    }
    expect(olderVersion(ours, theirs, [])).toMatchObject([{ fix: { kind: 'advice' } }])
    expect(olderVersion(ours, { ...theirs, defaultVersion: '3.5.10' }, [])).toEqual([])
    expect(olderVersion(ours, theirs, [{ name: 'postgis', reachable: '3.6.0' }])).toMatchObject([
      { fix: { kind: 'sql', sql: `CREATE EXTENSION "postgis" WITH SCHEMA "public" VERSION '3.6.0';` } },
    ])
    expect(olderVersion(ours, { ...theirs, installed: '3.4.0', installedIn: 'gis' }, [])).toMatchObject([
      { fix: { kind: 'advice', text: expect.stringContaining('no update path') } },
    ])

    expect(postgisChanges([ours], [theirs])).toEqual([])
    expect(postgisChanges([{ ...ours, version: '2.5.5' }], [theirs])).toMatchObject([
      { message: expect.stringContaining('Raster has moved') },
    ])
    expect(postgisChanges([{ ...ours, version: '2.5.5' }], [])).toEqual([])
  })

  test('versions are compared number by number', () => {
    expect(compareVersions('1.9', '1.10')).toBeLessThan(0)
    expect(compareVersions('1.10', '1.9')).toBeGreaterThan(0)
    expect(compareVersions('3', '3.0')).toBe(0)
    expect(compareVersions('3', '3.0.1')).toBeLessThan(0)
    expect(compareVersions('2.17.2-dev', '2.17.2')).toBe(0)
    expect(compareVersions('unpackaged', '1.0')).toBeLessThanOrEqual(0)
  })

  test('PostGIS that the target does not offer at all is left to the check of that (imitated by a renamed module)', async () => {
    await using source = await freshDatabase(await server(14))
    await using target = await freshDatabase(await server(17))
    await source.query('create extension hstore')
    await rename(source, 'postgis', '2.5.5')
    await passes('X12', { source, target, paths: offline })
  })

  test("an extension that is not on the provider's list blocks, with the list that allows it", async () => {
    await using azure = await imitate('azure-flexible', 17)
    await using source = await freshDatabase(await server(14))
    await using target = await freshDatabase(azure.server, { owner: azure.admin })
    await source.query('create extension hstore; create extension pg_trgm')
    const where = { source, target: azure.urlFor(target.name), paths: offline }
    await passes('X03', where)
    await source.query('create extension citext; create extension "uuid-ossp"')
    const two = await findings('X03', where)
    expect(two.map(({ object }) => object)).toEqual(['extension citext', 'extension uuid-ossp'])
    expect(two[0]?.fix).toEqual({
      kind: 'parameter',
      side: 'target',
      name: 'azure.extensions',
      value: 'pg_trgm,pgcrypto,hstore,citext,uuid-ossp',
      needs: 'reload',
    })
    const listed = two[0]?.fix?.kind === 'parameter' ? two[0].fix.value : ''
    await target.query(`alter database "${target.name}" set azure.extensions = '${listed}'`)
    await passes('X03', where)
  }, 60_000)
})

describe('what our login may make (X05, X07, X09, X10)', () => {
  test('an extension that takes a superuser is made beforehand by the fix; a trusted one needs none', async () => {
    await using source = await freshDatabase(await server(14))
    await using target = await freshDatabase(plain.server, { owner: plain.admin })
    const where = { source, target: plain.urlFor(target.name), paths: offline }
    await source.query('create extension hstore')
    await passes('X05', where)
    await source.query('create schema stats; create extension pg_stat_statements schema stats')
    const all = await findings('X05', where)
    expect(all.map(({ object }) => object)).toEqual(['extension pg_stat_statements'])
    await passes('X05', { ...where, target })
    await apply(all, { target })
    await passes('X05', where)
  })

  test('an extension that is elsewhere on the target, or in pg_catalog, is moved by the fix', async () => {
    await using source = await freshDatabase(await server(14))
    await using target = await freshDatabase(plain.server, { owner: plain.admin })
    const where = { source, target: plain.urlFor(target.name), paths: offline }
    await source.query('create extension citext')
    await target.query('create schema extensions; create extension citext schema extensions')
    const elsewhere = await findings('X07', where)
    expect(elsewhere).toMatchObject([
      { object: 'extension citext', message: expect.stringContaining('in extensions on the target') },
    ])
    await apply(elsewhere, { target })
    await passes('X07', where)
    await apply(elsewhere, { target }, 'undo')
    expect(await findings('X07', where)).toEqual(elsewhere)
    await target.query('drop extension citext')
    await passes('X07', where)

    await source.query('create extension hstore schema pg_catalog')
    const system = await findings('X07', where)
    expect(system).toMatchObject([{ object: 'extension hstore', message: expect.stringContaining('pg_catalog') }])
    await passes('X07', { ...where, target })
    await apply(system, { source })
    await passes('X07', where)
  })

  test('functions in C and in untrusted languages need a superuser, and their library', async () => {
    await using source = await freshDatabase(await server(14))
    await using target = await freshDatabase(plain.server, { owner: plain.admin })
    const where = { source, target: plain.urlFor(target.name), paths: offline }
    await source.query('create extension hstore')
    await passes('X09', where)
    // Its constructors are functions in language internal, which come with the type.
    await source.query('create type span as range (subtype = float8)')
    await passes('X10', where)
    await source.query(
      `create function normal(int4, float8, float8) returns setof float8 language c as '$libdir/tablefunc', 'normal_rand'`,
    )
    await source.query(`create function copied(int4) returns int4 language internal as 'int4abs'`)
    expect(await findings('X09', where)).toMatchObject([
      { object: 'library $libdir/tablefunc', message: expect.stringContaining('Only a superuser') },
    ])
    expect(await findings('X10', where)).toMatchObject([
      { object: 'language internal', message: expect.stringContaining('1 function (public.copied(integer))') },
    ])
    await passes('X09', { ...where, target })
    await passes('X10', { ...where, target })
    // A library that is on 14 alone.
    await source.query(
      `create function snapshots() returns setof record language c as '$libdir/old_snapshot', 'pg_old_snapshot_time_mapping'`,
    )
    expect(await findings('X09', { ...where, target })).toMatchObject([
      { object: 'library $libdir/old_snapshot', message: expect.stringContaining('not for PostgreSQL 17') },
    ])
  })
})
