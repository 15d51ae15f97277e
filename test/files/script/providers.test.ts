import { writeFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { restoreScript } from '../../../src/files/index.ts'
import { type Event, verify } from '../../../src/index.ts'
import {
  freshDatabase,
  imitate,
  type OwnServer,
  queryOnce,
  server,
  startServer,
  programNamed,
} from '../../kit/index.ts'
import { run } from '../../migrate/support.ts'
import { outputOf } from './output-of.ts'
import { restoreText } from './support.ts'

const PASSWORD = 'app-s3cret-word'

let folder: string
let small: OwnServer
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pgleap-script-test-'))
  small = await startServer({ major: 16 })
  await run(
    small.url(),
    `create role app login password '${PASSWORD}' createdb connection limit 5;
     create role readers; create role "Odd ""Name" nologin; grant readers to app;
     alter role app set statement_timeout = '1h'; comment on role readers is 'they read'`,
  )
  await queryOnce(small.url(), 'create database shop owner app')
  await queryOnce(small.url(), `create database "Odd 'Name" template template0`)
  await run(
    small.url('shop'),
    `create schema s authorization app; create table s.t (id int primary key, x text);
     insert into s.t select n, 'row ' || n from generate_series(1, 500) n;
     alter table s.t owner to app; grant select on s.t to readers; create index on s.t (x);
     comment on database shop is 'the shop'; select lo_from_bytea(77, 'abc')`,
  )
  await run(small.url("Odd 'Name"), 'create table odd (x int); insert into odd values (1)')
})
afterAll(async () => {
  await rm(folder, { recursive: true })
  await small[Symbol.asyncDispose]()
})

async function dumpAll(program: string, ...args: string[]): Promise<string> {
  const file = join(folder, `${program}${args.join('')}.sql`)
  writeFileSync(file, await outputOf(programNamed(program) ?? '', [...args, '-d', small.url()]))
  return file
}

test.skipIf(programNamed('pg_dumpall17') === undefined)(
  "a whole server of pg_dumpall arrives on a server of one's own, passwords included",
  async () => {
    const file = await dumpAll('pg_dumpall17')
    await using young = await startServer({ major: 17 })
    const before = await queryOnce(young.url(), `select rolpassword from pg_authid where rolname = 'postgres'`)
    const report = await restoreScript({ script: file, target: young.url() })
    expect(report).toMatchObject({ outcome: 'restored', errors: [] })
    expect(report.leftOut).toMatchObject([{ statement: 'CREATE ROLE postgres' }, { statement: 'ALTER ROLE postgres' }])
    expect(await queryOnce(young.url(), `select rolpassword from pg_authid where rolname = 'postgres'`)).toEqual(before)
    for (const database of ['shop', "Odd 'Name"]) {
      const same = await verify({ source: small.url(database), target: young.url(database) })
      expect(same.verdict).toBe('SAME')
    }
    const roles = `select rolname, rolcreatedb, rolconnlimit, rolpassword from pg_authid where rolname !~ '^pg_' order by 1`
    expect(await queryOnce(young.url(), roles)).toEqual(await queryOnce(small.url(), roles))

    // Once more: the roles are the target's own by now, and its databases are not overwritten.
    const again = await restoreScript({ script: file, target: young.url() })
    expect(again.outcome).toBe('errors')
    expect(again.errors.map(({ statement }) => statement)).toEqual([
      "CREATE DATABASE Odd 'Name",
      'CREATE DATABASE shop',
    ])
    expect(again.expected.map(({ statement }) => statement)).toContain('CREATE ROLE app')
  },
)

test.skipIf(programNamed('pg_dumpall18') === undefined)(
  'what pg_dumpall --clean drops is dropped where that is allowed, and nowhere else',
  async () => {
    const file = await dumpAll('pg_dumpall18', '--clean', '--if-exists')
    await using young = await startServer({ major: 18 })
    await expect(restoreScript({ script: file, target: young.url() })).rejects.toMatchObject({ code: 'script.clean' })
    expect(await queryOnce(young.url(), `select from pg_roles where rolname = 'app'`)).toEqual([])
    await run(young.url(), `create role app login password 'other'; create role readers`)
    await queryOnce(young.url(), 'create database shop')
    await queryOnce(young.url('shop'), 'create table old (x int)')
    const report = await restoreScript({ script: file, target: young.url(), clean: 'allow' })
    expect(report).toMatchObject({ outcome: 'restored', errors: [] })
    expect((await verify({ source: small.url('shop'), target: young.url('shop') })).verdict).toBe('SAME')
    const password = `select rolpassword from pg_authid where rolname = 'app'`
    expect(await queryOnce(young.url(), password)).toEqual(await queryOnce(small.url(), password))
  },
)

test.skipIf(programNamed('pg_dumpall17') === undefined)(
  "a managed target keeps its own roles and databases, and the script's roles can log in",
  async () => {
    const file = await dumpAll('pg_dumpall17')
    for (const provider of ['rds', 'azure-flexible'] as const) {
      await using young = await imitate(provider, 17)
      const own = `select rolname, rolsuper, rolpassword from pg_authid
                 where rolname not in ('app', 'readers', 'Odd "Name', 'postgres') order by 1`
      const before = await queryOnce(young.superuserUrl, own)
      const events: Event[] = []
      const report = await restoreScript({
        script: file,
        target: young.adminUrl,
        onEvent: (event) => events.push(event),
      })
      expect(await queryOnce(young.superuserUrl, own)).toEqual(before)
      const app = `select rolcanlogin, rolcreatedb, rolpassword from pg_authid where rolname = 'app'`
      expect(await queryOnce(young.superuserUrl, app)).toEqual(await queryOnce(small.url(), app))
      expect(JSON.stringify([report, events])).not.toMatch(/s3cret|SCRAM-SHA/u)
      expect(report.errors.map(({ statement, message }) => `${statement}: ${message}`)).toEqual([])
    }
  },
)

test('statements about roles that are not ours are left out, and words that may quote a password are hidden', async () => {
  await using young = await imitate('rds', 16)
  await run(young.superuserUrl, `create role mine login password 'before'`)
  const report = await restoreText(
    `CREATE ROLE rdsadmin;
ALTER ROLE rdsadmin WITH PASSWORD 'taken-over';
ALTER USER master_user WITH PASSWORD 'taken-over';
ALTER ROLE current_user SET search_path = x;
CREATE ROLE mine;
ALTER ROLE mine WITH NOLOGIN PASSWORD 'taken-over';
ALTER ROLE mine SET work_mem = '8MB';
GRANT rds_superuser TO mine;
GRANT mine TO rdsadmin;
COMMENT ON ROLE rds_superuser IS 'mine';
CREATE ROLE fresh;
ALTER ROLE fresh WITH SUPERUSER NOREPLICATION LOGIN PASSWORD 'fresh-s3cret' VALID UNTIL 'never s3cret';
ALTER ROLE fresh WITH NOSUPERUSER LOGIN BYPASSRLS;
GRANT pg_monitor TO fresh;
CREATE SCHEMA public;
COMMENT ON SCHEMA public IS 'standard public schema';
CREATE EXTENSION IF NOT EXISTS plpgsql WITH SCHEMA pg_catalog;
COMMENT ON EXTENSION plpgsql IS 'PL/pgSQL procedural language';
SET transaction_timeout = 0;
ALTER ROLE fresh SET old_snapshot_threshold = '1h';
ALTER ROLE fresh SET vacuum_defer_cleanup_age = 1;
`,
    young.adminUrl,
  )
  expect(report.leftOut.map(({ line }) => line)).toEqual([1, 2, 3, 4, 6, 8, 9, 10, 13])
  expect(report.expected.map(({ line, sqlstate }) => [line, sqlstate])).toEqual([
    [5, '42710'],
    [15, '42P06'],
    [18, '42501'],
    [19, '42704'],
    [21, '42704'],
  ])
  expect(report.errors.map(({ line, sqlstate }) => [line, sqlstate])).toEqual([
    [7, '42501'],
    [12, '22007'],
    [20, '55P02'],
  ])
  expect(JSON.stringify(report)).not.toMatch(/s3cret|taken-over/u)
  expect(
    await queryOnce(
      young.superuserUrl,
      `select rolname, rolcanlogin, rolsuper from pg_roles where rolname in ('mine', 'fresh') order by 1`,
    ),
  ).toEqual([
    { rolname: 'fresh', rolcanlogin: true, rolsuper: false },
    { rolname: 'mine', rolcanlogin: true, rolsuper: false },
  ])
})

test('passwords of a script are neither in what is thrown, nor in what is recorded on the target', async () => {
  await using target = await freshDatabase(await server(17))
  const events: Event[] = []
  const report = await restoreText(
    `CREATE ROLE postgres;
ALTER ROLE postgres WITH PASSWORD 's3cret-one';
CREATE SERVER far FOREIGN DATA WRAPPER none OPTIONS (password 's3cret-two');
CREATE USER MAPPING FOR postgres SERVER far OPTIONS ("s3cret-three" 's3cret-four', "s3cret-three" '');
CREATE SUBSCRIPTION s CONNECTION 'password=s3cret-five nonsense' PUBLICATION p WITH (connect = false);
ALTER DATABASE nowhere SET "s3cret-six" = 's3cret-seven';
SELECT 1/0;
`,
    target.url,
    { onError: 'stop', onEvent: (event) => events.push(event) },
  )
  expect(report).toMatchObject({ outcome: 'stopped', errors: [{ line: 3 }] })
  const rest = await restoreText(
    `CREATE SUBSCRIPTION s CONNECTION 'password=s3cret-five nonsense' PUBLICATION p WITH (connect = false);`,
    target.url,
  ).catch((error: unknown) => error)
  const record = await target.query(
    'select (select json_agg(s) from pgleap.script s), json_agg(m) from pgleap.script_message m',
  )
  expect(JSON.stringify([report, rest, events, record])).not.toContain('s3cret')
  await target.query('drop schema pgleap cascade')
  const again = await restoreText(
    `CREATE SUBSCRIPTION s CONNECTION 'password=s3cret-five nonsense' PUBLICATION p WITH (connect = false);
ALTER DATABASE nowhere SET work_mem = 's3cret-seven';
ALTER DATABASE ${target.name} SET work_mem = 's3cret-seven';
`,
    target.url,
  )
  expect(again.errors.map(({ line, sqlstate }) => [line, sqlstate])).toEqual([
    [1, '42601'],
    [2, '3D000'],
    [3, '22023'],
  ])
  expect(JSON.stringify(again)).not.toContain('s3cret')
})

test('a database that fails for want of what the target does not allow is an error, and so is all that is in it', async () => {
  await using young = await imitate('azure-flexible', 17)
  const report = await restoreText(
    `CREATE TABLESPACE fast OWNER postgres LOCATION '/nowhere';
CREATE DATABASE shop WITH TEMPLATE = template0 TABLESPACE = fast;
\\connect shop
CREATE TABLE t (x int);
COPY t FROM stdin;
1
\\.
`,
    young.adminUrl,
  )
  expect(report.expected.map(({ line }) => line)).toEqual([1])
  expect(report).toMatchObject({
    outcome: 'errors',
    errors: [{ line: 2, statement: 'CREATE DATABASE shop', followers: [{ line: 3 }, { line: 4 }] }],
  })
})
