import { cpSync, readFileSync, writeFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Event, type RestoreServerOptions, dump, restoreServer, statusServer } from '../../src/index.ts'
import { type OwnServer, queryOnce, type Server, startServer } from '../kit/index.ts'
import { hasRecord } from '../files/script/support.ts'
import { quoteIdent } from '../../src/sql.ts'
import { databasesOf, pgleap, propertiesOf, run, SALES } from './support.ts'

const ODD = 'Odd."db" Ω'

let scratch = ''
let folder = ''
let source: OwnServer
beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'pgleap-kit-restore-scripts-'))
  folder = join(scratch, 'server')
  source = await startServer({ major: 14, settings: { autovacuum: 'off' } })
  await run(
    source,
    'postgres',
    'set allow_in_place_tablespaces = on',
    `create tablespace fast location ''`,
    'grant create on tablespace fast to public',
    `create role app login password 'pw' connection limit 5`,
    'create role readers',
    'grant readers to app with admin option',
    ...[ODD, 'shop'].map(
      (name) => `create database ${quoteIdent(name)} owner app connection limit 9 template template0`,
    ),
    `alter role app in database shop set statement_timeout = '1min'`,
    `alter database shop set work_mem = '7MB'`,
    `alter database shop set search_path = "$user", public, "Odd one"`,
    `comment on database shop is 'it''s the shop'`,
    'revoke all on database shop from public',
    'grant connect, temporary on database shop to readers with grant option',
  )
  for (const name of [ODD, 'shop']) {
    await run(
      source,
      name,
      ...SALES,
      `create table sales.parts (day int, what text) partition by list (day)`,
      'create table sales.part1 partition of sales.parts for values in (1)',
      `insert into sales.parts values (1, 'x')`,
      'create table sales.placed (i int) tablespace fast',
      'insert into sales.placed values (1)',
      `select lo_from_bytea(9001, 'large')`,
    )
  }
  await dump({ source: source.url(), to: folder, databases: 'all', format: 'plain', compression: 'gzip', jobs: 2 })
}, 120_000)
afterAll(async () => {
  await source[Symbol.asyncDispose]()
  await rm(scratch, { recursive: true })
})

function options(target: string, more: Partial<RestoreServerOptions> = {}): RestoreServerOptions {
  return { from: folder, target, jobs: 2, ...more }
}

function refusal(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(undefined, ({ code }: { code: string }) => code)
}

/** What the catalogs say of databases, and what is in them. */
async function foundOn(server: Pick<Server, 'url'>): Promise<unknown> {
  const databases = await propertiesOf(server, [ODD, 'shop'])
  const contents: unknown[] = []
  for (const name of [ODD, 'shop']) {
    contents.push(
      ...(await queryOnce(
        server.url(name),
        `select (select sum(total)::int from sales.orders) as orders, (select count(*)::int from sales.lines) as lines,
           (select last_value::int from sales.orders_id_seq) as sequence, (select encode(lo_get(9001), 'escape')) as object,
           (select count(*)::int from pg_constraint where connamespace = 'sales'::regnamespace) as constraints`,
      )),
    )
  }
  return { databases, contents }
}

describe('a whole server from a folder of scripts', { timeout: 240_000 }, () => {
  test('arrives with its roles and its databases with their properties, and contents are compared', async () => {
    await using target = await startServer({ major: 17 })
    const events: Event[] = []
    const report = await restoreServer(
      options(target.url(), { source: source.url(), onEvent: (event) => events.push(event) }),
    )
    for (const { database, run: of, error, ...one } of report.databases) {
      expect({ database, error, failures: of?.failures, differences: of?.differences }).toEqual({
        database,
        error: undefined,
        failures: [],
        differences: [],
      })
      expect(one).toMatchObject({ state: 'done', verdict: 'SAME', when: 'now', properties: [] })
      expect(of?.script).toMatchObject({ tables: 4, sha256: expect.stringMatching(/^[0-9a-f]{64}$/u) })
      expect(of?.tables.map(({ table, rows, verdict }) => `${table} ${String(rows)} ${verdict}`).toSorted()).toEqual([
        'sales.lines 500 SAME',
        'sales.orders 1000 SAME',
        'sales.part1 1 SAME',
        'sales.placed 1 SAME',
      ])
    }
    // Which the target does not have.
    const [first] = report.databases
    const notices = first?.run?.notices.map(({ code, object }) => `${code} ${object ?? ''}`)
    expect(notices).toContain('script.expected SET default_tablespace')
    expect(report).toMatchObject({ verdict: 'SAME', folder, roles: { verdict: 'SAME', passwords: 'SAME' } })
    expect(await foundOn(target)).toEqual(await foundOn(source))
    expect(await databasesOf(target)).toEqual([ODD, 'postgres', 'shop'])
    expect(await hasRecord(target.url('shop'))).toBe(false)
    const ended = events.flatMap((event) =>
      event.type === 'finished' ? [`${event.database ?? 'server'} ${event.verdict}`] : [],
    )
    expect(ended.toSorted()).toEqual([`${ODD} SAME`, 'server SAME', 'shop SAME'])
    await expect(restoreServer(options(target.url()))).rejects.toMatchObject({ code: 'target.databases-not-empty' })
  })

  test('is refused before anything is made where a script was altered, or options would have to change it', async () => {
    await using target = await startServer({ major: 17 })
    const damaged = async (name: string, damage: (copy: string) => void | Promise<void>) => {
      const copy = join(scratch, name)
      cpSync(folder, copy, { recursive: true })
      await damage(copy)
      return restoreServer(options(target.url(), { from: copy })).then(
        () => 'restored',
        ({ code, message }: { code: string; message: string }) => `${code}: ${message}`,
      )
    }
    expect(
      await damaged('altered', (copy) => {
        const path = join(copy, 'databases/shop.sql.gz')
        const bytes = readFileSync(path)
        bytes[40] = (bytes[40] ?? 0) ^ 1
        writeFileSync(path, bytes)
      }),
    ).toMatch(/^manifest.files-differ: .*shop.sql.gz is not what its manifest says: shop.sql.gz was altered/u)
    expect(await damaged('no-manifest', (copy) => rm(join(copy, 'databases/shop.sql.gz.manifest.json')))).toMatch(
      /^manifest.files-differ: .*shop.sql.gz.manifest.json is missing/u,
    )
    // As folders were written before they said how databases are made.
    expect(
      await damaged('old', (copy) => {
        const path = join(copy, 'pgleap-server.json')
        const { databases, ...rest } = JSON.parse(readFileSync(path, 'utf8'))
        const without = databases.map(({ made: _made, ...database }: { made: unknown }) => database)
        writeFileSync(path, JSON.stringify({ ...rest, databases: without }))
      }),
    ).toMatch(/^restore.no-database/u)
    for (const more of [
      { owners: 'skip' },
      { privileges: 'skip' },
      { tablespaces: 'skip' },
      { roleMap: { app: 'other' } },
      { tablespaceMap: { here: 'there' } },
    ] as const) {
      expect(await refusal(restoreServer(options(target.url(), more)))).toBe('restore.of-scripts')
    }
    expect(await databasesOf(target)).toEqual(['postgres'])
    expect(await queryOnce(target.url(), `select from pg_roles where rolname in ('app', 'readers')`)).toEqual([])
  })

  test('goes on after a kill in the middle of the second script, and does nothing twice', async () => {
    await using target = await startServer({ major: 18 })
    await run(target, 'postgres', 'create database shop')
    const command = ['restore', '--all-databases', folder, target.url(), '--jobs', '1', '--databases-at-once', '1']
    const seen = new Set<string>()
    const killed = await pgleap(command, (event, child) => {
      if (event.database !== undefined) seen.add(event.database)
      if (seen.size === 2 && event.type === 'step-done' && event.step.kind === 'copy') child.kill('SIGKILL')
    })
    expect(killed.code, killed.stderr).toBe('SIGKILL')
    expect(await statusServer({ target: target.url() })).toMatchObject({ state: 'broken', folder })
    const began = [...seen][1] ?? ''
    expect(await hasRecord(target.url(began))).toBe(true)
    const last = await pgleap(command)
    expect(last.error, last.stderr).toBeUndefined()
    expect(last).toMatchObject({ code: 0, result: { verdict: 'SAME' } })
    expect(last.result?.databases.map(({ verdict, state, when }) => `${state} ${verdict} ${when}`).toSorted()).toEqual([
      'done SAME earlier',
      'done SAME now',
    ])
    expect(last.result?.databases.find(({ database }) => database === began)?.run?.failures).toEqual([])
    expect(await hasRecord(target.url(began))).toBe(false)
    expect(await databasesOf(target)).toEqual([ODD, 'postgres', 'shop'])
  })

  test('goes on with the others where a statement is refused, and never runs a script twice into one database', async () => {
    await using target = await startServer({ major: 17 })
    const other = join(scratch, 'wrong')
    // 17 has no such column any more.
    const view = 'create view sales.written as select buffers_checkpoint from pg_stat_bgwriter'
    await run(
      source,
      'shop',
      view,
      'grant select on sales.written to readers',
      `insert into pg_shseclabel (objoid, classoid, provider, label)
         select oid, 'pg_database'::regclass, 'anon', 'label' from pg_database where datname = 'shop'`,
    )
    await dump({ source: source.url(), to: other, databases: 'all', format: 'plain', hashes: 'none' })
    await run(source, 'shop', 'drop view sales.written', 'delete from pg_shseclabel')
    const restored = async () => {
      const { databases, verdict } = await restoreServer(options(target.url(), { from: other }))
      return {
        verdict,
        shop: databases.find(({ database }) => database === 'shop'),
        odd: databases.find(({ database }) => database === ODD),
      }
    }
    const rows = () => queryOnce(target.url('shop'), 'select count(*)::int as rows from sales.orders')

    const first = await restored()
    // Without hashes nothing is promised of what came without an error.
    expect(first.odd).toMatchObject({ state: 'done', verdict: 'UNKNOWN', run: { failures: [] } })
    expect(first).toMatchObject({
      verdict: 'DIFFERENT',
      shop: { state: 'partial', verdict: 'DIFFERENT', properties: [] },
    })
    const { run: shop } = first.shop ?? {}
    expect(shop?.failures).toEqual([
      {
        label: expect.stringMatching(/^CREATE VIEW sales.written \(line \d+\)$/u),
        code: 'script.statement',
        message: expect.stringContaining('buffers_checkpoint'),
        sqlstate: '42703',
      },
      {
        label: 'SECURITY LABEL FOR "anon" ON DATABASE "shop"',
        code: 'target.refused',
        message: expect.stringContaining('is not loaded'),
        sqlstate: '22023',
      },
    ])
    expect(shop?.blocked.map(({ by }) => by)).toContain(shop?.failures[0]?.label)
    expect(shop?.differences.map(({ kind, verdict }) => `${kind} ${verdict}`)).toEqual(['script UNKNOWN'])
    expect(await rows()).toEqual([{ rows: 1000 }])

    const second = await restored()
    expect(second.shop).toMatchObject({ state: 'partial', run: { failures: shop?.failures } })
    expect(second.odd).toMatchObject({ state: 'done', when: 'earlier' })
    expect(await rows()).toEqual([{ rows: 1000 }])

    await queryOnce(target.url(), 'drop database shop')
    expect((await restored()).shop).toMatchObject({ state: 'partial', run: { failures: shop?.failures } })
    expect(await rows()).toEqual([{ rows: 1000 }])
  })

  test('ends in a database of another encoding, and tells what was written to the source since', async () => {
    await using target = await startServer({ major: 17 })
    await run(target, 'postgres', `create database shop encoding 'LATIN1' locale 'C' template template0`)
    await run(source, 'shop', 'insert into sales.placed values (2)')
    const only = { source: source.url(), includeDatabases: ['shop'] }
    const { databases } = await restoreServer(options(target.url(), only))
    expect(databases).toMatchObject([{ state: 'done', verdict: 'UNKNOWN', run: { failures: [] } }])
    const [shop] = databases
    expect(shop?.run?.sourceWrites.map(({ table }) => table)).toEqual(['sales.placed'])
    expect(shop?.run?.notices.map(({ code }) => code)).toContain('source.written')
  })
})
