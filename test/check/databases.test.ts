import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { databases } from '../../src/check/databases/index.ts'
import type { DatabaseRow } from '../../src/check/databases/database-row.ts'
import { plainLocale, sortOrder } from '../../src/check/databases/database-row.ts'
import { defaultDiffers, type Order } from '../../src/check/databases/order.ts'
import { providerNamed } from '../../src/provider/index.ts'
import {
  connectClient,
  databaseNamed,
  freshDatabase,
  freshRole,
  type OwnServer,
  server,
  startServer,
} from '../kit/index.ts'
import { findings, found, notSilent, passes } from './support.ts'

/** A server on which one may spoil catalogs, with several databases. */
let own: OwnServer
beforeAll(async () => {
  own = await startServer({ major: 16 })
})
afterAll(async () => {
  await own[Symbol.asyncDispose]()
})

/** Runs statements one by one, as CREATE DATABASE wants it. */
async function run(url: string, ...statements: readonly string[]): Promise<void> {
  await using client = await connectClient(url)
  for (const statement of statements) await client.query(statement)
}

/** A locale that the catalog says a database has, and that no machine has. */
async function pretend(database: string, collate: string): Promise<void> {
  await run(
    own.url(),
    `update pg_database set datcollate = '${collate}', datctype = '${collate}' where datname = '${database}'`,
  )
}

test('databases of a default server have no findings', async () => {
  await using source = await freshDatabase(await server(14))
  await using target = await freshDatabase(await server(17))
  expect(await notSilent(databases, { source, target })).toEqual([])
})

test('D01 and D13 tell of the databases of a whole server, and leave out those of the service', async () => {
  const source = own.url()
  await run(source, 'create database a1', 'create database a2', 'create database closed allow_connections false')
  await run(
    source,
    'create database broken',
    'create database shape is_template true',
    'create database rdsadmin allow_connections false',
  )
  await run(source, "update pg_database set datconnlimit = -2 where datname = 'broken'")
  expect(await findings('D01', { source, sourceProvider: providerNamed('rds') })).toMatchObject([
    { severity: 'error', object: 'database broken', fix: { kind: 'sql', sql: 'DROP DATABASE "broken";' } },
    {
      severity: 'warning',
      object: 'database closed',
      fix: { undo: 'ALTER DATABASE "closed" ALLOW_CONNECTIONS false;' },
    },
    { severity: 'info', object: 'database shape' },
  ])
  expect(await findings('D13', { source })).toMatchObject([
    { severity: 'info', object: 'databases', message: expect.stringMatching(/2 databases \(a[12] .*, a[12] /u) },
  ])
  expect(await found('D01', { source, paths: ['offline'] })).toMatchObject({ status: 'skipped' })
  await run(source, ...['a1', 'a2', 'closed', 'shape'].map((name) => `alter database ${name} is_template false`))
  await run(source, "update pg_database set datconnlimit = -1 where datname = 'broken'")
  await run(source, ...['a1', 'a2', 'closed', 'broken', 'shape', 'rdsadmin'].map((name) => `drop database ${name}`))
})

describe('D02', () => {
  test('names encodings that the text does not fit into', async () => {
    const pg = await server(17)
    await using utf8 = await freshDatabase(pg)
    await using latin1 = await freshDatabase(pg, { with: "encoding 'LATIN1' locale 'C' template template0" })
    await using none = await freshDatabase(await server(14), {
      with: "encoding 'SQL_ASCII' locale 'C' template template0",
    })
    await using unchecked = await freshDatabase(pg, { with: "encoding 'SQL_ASCII' locale 'C' template template0" })
    await using source = await freshDatabase(await server(14))
    expect(await findings('D02', { source, target: latin1 })).toMatchObject([
      { severity: 'error', message: expect.stringContaining('a character that LATIN1 lacks') },
    ])
    expect(await findings('D02', { source: none, target: utf8 })).toMatchObject([
      { severity: 'error', message: expect.stringContaining('nobody ever checked its text') },
    ])
    expect(await findings('D02', { source, target: unchecked })).toMatchObject([{ severity: 'warning' }])
    await passes('D02', { source: none, target: unchecked })
    await passes('D02', { source: latin1, target: utf8 })
  })

  test('blocks MULE_INTERNAL, which nobody can read as UTF8', async () => {
    const pg = await server(14)
    await using mule = await freshDatabase(pg, { with: "encoding 'MULE_INTERNAL' locale 'C' template template0" })
    expect(await findings('D02', { source: pg.url() })).toMatchObject([
      { severity: 'block', object: `database ${mule.name}` },
    ])
    await expect(found('D02', { source: mule })).rejects.toThrow('conversion between UTF8 and MULE_INTERNAL')
    await passes('D02', { source: pg.url(), paths: ['offline'] })
  })
})

describe('D03', () => {
  test('asks the target for locales that databases are to be made with', async () => {
    await using target = await freshDatabase(await server(17))
    await run(own.url(), 'create database german', 'create database windows')
    await pretend('german', 'de_XX.UTF-8')
    await pretend('windows', 'English_United States.1252')
    // Nobody can connect to such a database, so they are looked at from another one, as when the whole server moves.
    const all = await findings('D03', { source: own.url(), target })
    expect(all).toMatchObject([
      { severity: 'block', object: 'locale de_XX.UTF-8', fix: { text: expect.stringContaining('localedef') } },
      {
        severity: 'block',
        object: 'locale English_United States.1252',
        message: expect.stringContaining('a name of Windows'),
      },
    ])
    await passes('D03', { source: own.url(), target, paths: ['offline'] })
    await run(own.url(), 'drop database german', 'drop database windows')
  })

  test('blocks the built-in provider on a target that does not have it', async () => {
    await using source = await freshDatabase(await server(17), {
      with: "locale_provider builtin builtin_locale 'C.UTF-8' template template0",
    })
    await using old = await freshDatabase(await server(16))
    await using target = await freshDatabase(await server(18))
    expect((await findings('D03', { source, target: old })).map(({ object }) => object)).toEqual([
      'locale built in, C.UTF-8',
    ])
    await passes('D03', { source, target })
  })
})

describe('D04', () => {
  test('compares how the two databases sort', async () => {
    await using source = await freshDatabase(await server(16), {
      with: "locale_provider icu icu_locale 'de' template template0",
    })
    await using same = await freshDatabase(await server(17), {
      with: "locale_provider icu icu_locale 'de' template template0",
    })
    await using other = await freshDatabase(await server(17))
    await using plain = await freshDatabase(await server(17), { with: "locale 'C' template template0" })
    await passes('D04', { source, target: same })
    expect(await findings('D04', { source, target: other })).toMatchObject([
      {
        severity: 'warning',
        message: expect.stringContaining("(ICU, de) and the target's (libc, C.UTF-8) sort text differently"),
      },
    ])
    expect(await findings('D04', { source: other, target: plain })).toMatchObject([
      { severity: 'info', message: expect.stringContaining('sort alike') },
    ])
  })

  test('knows the spellings of a locale', () => {
    expect(plainLocale('en_US.UTF-8')).toBe(plainLocale('en_US.utf8'))
    expect(sortOrder({ provider: 'c', collate: 'POSIX', locale: null })).toBe('code point')
    expect(sortOrder({ provider: 'c', collate: 'de_DE.utf8', locale: null })).not.toBe(
      sortOrder({ provider: 'c', collate: 'en_US.utf8', locale: null }),
    )
  })
})

test.for([14, 16] as const)('D05 names collations of indexes whose version has changed since, on %i', async (major) => {
  await using source = await freshDatabase(await server(major))
  await using client = await connectClient(source.url)
  await client.query(`create table t (a text collate "de-x-icu" primary key, b text collate "fr-x-icu")`)
  await client.query(`update pg_collation set collversion = '1.1' where collname in ('de-x-icu', 'sv-x-icu')`)
  expect(await findings('D05', { source })).toMatchObject([
    {
      severity: 'warning',
      object: 'collation pg_catalog."de-x-icu"',
      message: expect.stringContaining('It was version 1.1 when it was made'),
      fix: { text: expect.stringContaining('ALTER COLLATION pg_catalog."de-x-icu" REFRESH VERSION;') },
    },
  ])
})

test('D05 names a database whose version has changed since', async () => {
  await using source = await freshDatabase(await server(16), {
    with: "locale_provider icu icu_locale 'de' template template0",
  })
  await source.query('update pg_database set datcollversion = $1 where datname = current_database()', ['1.1'])
  expect(await findings('D05', { source })).toMatchObject([
    {
      object: `database ${source.name}`,
      fix: { kind: 'sql', sql: expect.stringContaining('REFRESH COLLATION VERSION;') },
    },
  ])
})

describe('D06', () => {
  const TABLES = [
    'create table r (a text) partition by range (a)',
    'create table n (a int) partition by range (a)',
    'create table c (a text collate "C") partition by range (a)',
    'create table l (a text) partition by list (a)',
    `create table k (a text, b varchar check (b <> ''), constraint az check (a >= 'a' and a < 'z'), check (length(a) > 1))`,
  ]

  test('names ranges of text, and constraints that compare text, where the databases sort differently', async () => {
    const icu = "locale_provider icu icu_locale 'de' template template0"
    await using source = await freshDatabase(await server(16), { with: icu })
    await run(source.url, ...TABLES)
    await using same = await freshDatabase(await server(17), { with: icu })
    await using other = await freshDatabase(await server(17))
    expect(await findings('D06', { source, target: other })).toMatchObject([
      {
        severity: 'error',
        object: 'public.k az',
        message: expect.stringContaining('ICU, de on the source and libc, C.UTF-8 on the target'),
      },
      { severity: 'error', object: 'public.r', message: expect.stringContaining('Its partitions are ranges of text') },
    ])
    await passes('D06', { source, target: same })
  })

  test('minds the collation of a column, not the database', async () => {
    await using source = await freshDatabase(await server(13))
    await run(source.url, 'create table r (a text collate "de-x-icu") partition by range (a)')
    await using target = await freshDatabase(await server(18), { with: "locale 'C' template template0" })
    await passes('D06', { source, target })
  })

  test('minds versions of libc and ICU, from rows of such servers', () => {
    const database: DatabaseRow = {
      name: 'app',
      here: true,
      encoding: 'UTF8',
      provider: 'c',
      collate: 'de_DE.UTF-8',
      ctype: 'de_DE.UTF-8',
      locale: null,
      open: true,
      template: false,
      invalid: false,
    }
    const order = (version: string | null): Order => ({ database, versions: [{ provider: 'c', version }] })
    expect(defaultDiffers(order('2.27'), order('2.31'))).toBe(
      'libc orders it by version 2.27 on the source and 2.31 on the target',
    )
    expect(defaultDiffers(order('2.31'), order('2.31'))).toBeUndefined()
    expect(defaultDiffers(order('2.31'), order(null))).toContain('nobody knows')
  })
})

test('D07 blocks collations of the system that columns use and the target lacks', async () => {
  await using source = await freshDatabase(await server(16))
  await using target = await freshDatabase(await server(17))
  await run(
    source.url,
    `create collation pg_catalog.rare (locale = 'C')`,
    'create table t (a text collate pg_catalog.rare, b text collate "de-x-icu")',
    'create domain d as text collate pg_catalog.rare',
    `create view v as select 'a' < 'b' collate pg_catalog.rare as x`,
  )
  expect(await findings('D07', { source, target })).toMatchObject([
    { severity: 'block', object: 'collation rare', message: expect.stringContaining('columns and expressions') },
  ])
})

test('D08 tries the collations that somebody has made on the target, and leaves nothing there', async () => {
  await using source = await freshDatabase(await server(16))
  await using target = await freshDatabase(await server(17))
  await run(
    source.url,
    `create collation fine (provider = icu, locale = 'de-u-kn', deterministic = false)`,
    `create collation ruled (provider = icu, locale = 'und', rules = '&a < g')`,
    `create collation plain (locale = 'C')`,
  )
  await passes('D08', { source, target })
  await source.query(
    `update pg_collation set collcollate = 'xx_XX.utf8', collctype = 'xx_XX.utf8' where collname = 'plain'`,
  )
  expect(await findings('D08', { source, target })).toMatchObject([
    {
      severity: 'block',
      object: 'collation public.plain',
      message: expect.stringContaining('could not create locale "xx_XX.utf8"'),
    },
  ])
  expect(await target.query(`select from pg_collation where collname = 'pgleap_try'`)).toEqual([])
})

test('D10 names what the target database keeps in place of what the source has', async () => {
  const pg = await server(17)
  await using role = await freshRole(pg)
  await using source = await freshDatabase(await server(14))
  await using target = await freshDatabase(pg, { owner: role.name })
  await source.query(`alter database ${source.name} set work_mem = '8MB'`)
  await source.query(`alter database ${source.name} set jit = off`)
  await source.query(
    `insert into pg_shseclabel select oid, 'pg_database'::regclass, 'selinux', 'secret' from pg_database where datname = current_database()`,
  )
  await target.query(`alter database ${target.name} set work_mem = '4MB'`)
  expect(await findings('D10', { source, target })).toMatchObject([
    { severity: 'warning', object: `database ${source.name}`, message: expect.stringContaining('selinux: secret') },
    { severity: 'warning', object: `setting work_mem of database ${target.name}` },
    {
      severity: 'info',
      object: `owner of database ${target.name}`,
      fix: { sql: `ALTER DATABASE "${target.name}" OWNER TO "postgres";` },
    },
  ])
  await source.query('delete from pg_shseclabel')
})

test('D11 blocks line breaks in names from 19 on, with the SQL that renames', async () => {
  const pg = await server(17)
  await using role = await freshRole(pg, { name: 'two\nlines' })
  await using source = await freshDatabase(pg)
  expect(await findings('D11', { source, to: 19 })).toMatchObject([
    {
      severity: 'block',
      object: String.raw`role "two\nlines"`,
      fix: { sql: `ALTER ROLE "${role.name}" RENAME TO "two_lines";` },
    },
  ])
  expect(await found('D11', { source, to: 18 })).toMatchObject({ status: 'skipped' })
})

test('D12 names tablespaces that the target lacks, and those that no customer can make there', async () => {
  await using target = await freshDatabase(await server(17))
  await run(own.url(), 'set allow_in_place_tablespaces = on', `create tablespace fast location ''`)
  await using source = databaseNamed(own, 'spread')
  await run(own.url(), 'create database spread')
  await passes('D12', { source, target, paths: ['offline'] }) // nothing of this database lies there
  expect(await findings('D12', { source, target, paths: ['roles'] })).toMatchObject([{ object: 'tablespace fast' }])
  await source.query('create table t (a int) tablespace fast')
  expect(await findings('D12', { source, target })).toMatchObject([
    { severity: 'error', object: 'tablespace fast', message: expect.stringContaining('1 objects of this database') },
  ])
  const azure = await findings('D12', { source, target, targetProvider: providerNamed('azure-flexible') })
  expect(azure[0]?.message).toContain('lets nobody make tablespaces')
  expect(await findings('D12', { source })).toMatchObject([{ severity: 'warning' }])
})
