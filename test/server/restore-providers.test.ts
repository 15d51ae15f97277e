import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { dump, restoreServer } from '../../src/index.ts'
import { imitate, type ImitatedProvider, type Major, type OwnServer, queryOnce, startServer } from '../kit/index.ts'
import { run } from './support.ts'

let scratch = ''
let source: OwnServer
beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'pgleap-kit-restore-providers-'))
  source = await startServer({ major: 14, settings: { autovacuum: 'off' } })
  await run(
    source,
    'postgres',
    `create role app login password 'pw' connection limit 5`,
    'create role readers',
    'grant readers to app with admin option',
    'grant pg_monitor to app',
    `alter role app set work_mem = '5MB'`,
    `comment on role readers is 'they only read'`,
    'create database shop owner app template template0',
    // Of a role that is the service's own at some.
    'create database wiki owner postgres template template0',
    `alter role app in database shop set statement_timeout = '1min'`,
    `alter database shop set work_mem = '7MB'`,
    'grant connect on database wiki to readers',
    'create table of_postgres (i int)',
    'insert into of_postgres values (1)',
  )
  await run(
    source,
    'shop',
    'set role app',
    'create schema sales',
    'create table sales.orders (id serial primary key, total numeric)',
    'insert into sales.orders (total) select i from generate_series(1, 100) i',
    'grant select on sales.orders to readers',
    'alter default privileges in schema sales grant select on tables to readers',
  )
  await run(source, 'wiki', 'create table pages (id int primary key)', 'insert into pages values (1)')
  await dump({ source: source.url(), to: join(scratch, 'archives'), databases: 'all', jobs: 2 })
  await dump({ source: source.url(), to: join(scratch, 'scripts'), databases: 'all', format: 'plain', jobs: 2 })
}, 60_000)
afterAll(async () => {
  await source[Symbol.asyncDispose]()
  await rm(scratch, { recursive: true })
})

test.each([
  ['azure-flexible', 16, 'archives'],
  ['rds', 15, 'scripts'],
  ['aptible', 15, 'archives'],
  ['supabase', 17, 'scripts'],
] as [ImitatedProvider, Major, string][])(
  'a whole server arrives at %s %i, of a folder of %s, and what the service has there stays as it was',
  { timeout: 60_000 },
  async (provider, major, folder) => {
    await using target = await imitate(provider, major)
    const known = await queryOnce<{ name: string }>(target.superuserUrl, 'select rolname::text as name from pg_roles')
    const theirs = () =>
      queryOnce(
        target.superuserUrl,
        `select to_jsonb(a) - 'oid' as role, (select setconfig from pg_db_role_setting where setrole = a.oid and setdatabase = 0) as settings
           from pg_authid a where rolname = any ($1) order by rolname`,
        [known.map(({ name }) => name)],
      )
    const before = await theirs()
    const report = await restoreServer({ from: join(scratch, folder), target: target.adminUrl, jobs: 2 })
    const problems = report.databases.map(({ database, state, error, run: of, properties }) => {
      return { database, state, error, failures: of?.failures, differences: of?.differences, properties }
    })
    const fine = { state: 'done', error: undefined, failures: [], differences: [], properties: [] }
    expect(problems.toSorted((one, other) => (one.database < other.database ? -1 : 1))).toEqual(
      ['postgres', 'shop', 'wiki'].map((database) => ({ database, ...fine })),
    )
    expect(report).toMatchObject({ verdict: 'SAME', roles: { verdict: 'SAME', refused: [], blocked: [], noLogin: [] } })
    expect(await theirs()).toEqual(before)
    expect(
      await queryOnce(
        target.server.url('shop'),
        `select (select sum(total)::int from sales.orders) as sum, pg_get_userbyid(datdba) as owner
           from pg_database where datname = 'shop'`,
      ),
    ).toEqual([{ sum: 5050, owner: 'app' }])
  },
)
