import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { inspect } from 'node:util'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { connect, DatabaseError, parseConnection, type Session } from '../../src/connection/index.ts'
import {
  applyRoles,
  compareRoles,
  planRoles,
  readRolesInput,
  rolesSql,
  type RolesInput,
} from '../../src/globals/index.ts'
import { type Event, roles } from '../../src/index.ts'
import { selfManaged } from '../../src/provider/index.ts'
import { faultProxy, type OwnServer, queryOnce, startServer } from '../kit/index.ts'
import { quoteLiteral } from '../../src/sql.ts'
import { rolesServer, run } from './many-roles.ts'

const APP = 'Pässword: of\\app'
const VERIFIERS = /SCRAM-SHA-256\$|md5[0-9a-f]{32}/u

let folder: string
let source: OwnServer
let target: OwnServer
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pgleap-roles-'))
  source = await rolesServer(14)
  // It logs all that it can, and refuses a password that is the role's name, also as a verifier.
  target = await startServer({
    major: 17,
    settings: {
      log_statement: 'all',
      log_min_duration_statement: '0',
      log_min_error_statement: 'debug5',
      shared_preload_libraries: 'passwordcheck',
    },
    hba: ['host all postgres,plain all trust', 'host all all all md5'],
  })
  await run(
    source,
    "set password_encryption = 'scram-sha-256'",
    `create role app login password ${quoteLiteral(APP)}`,
    "create role simple login password 'simple'",
    'create role certificate login',
    "set password_encryption = 'md5'",
    "create role old_app login password 'old pass'",
    'create role admin login createrole',
    'grant app to simple',
  )
})
afterAll(async () => {
  await rm(folder, { recursive: true })
  await target[Symbol.asyncDispose]()
  await source[Symbol.asyncDispose]()
})
beforeEach(async () => {
  const rows = await queryOnce<{ drop: string }>(
    target.url(),
    "select string_agg(format('drop role %I', rolname), ';') as drop from pg_roles where rolname !~ '^pg_' and oid <> 10",
  )
  if (rows[0]?.drop) await queryOnce(target.url(), rows[0].drop)
})

async function loginOf(name: string, password: string): Promise<unknown> {
  return queryOnce(target.url('postgres', name, password), 'select 1 as one')
}

/** The verifiers of both servers that stand in a text; what was tried with made-up ones does not count. */
async function verifiersIn(text: string): Promise<string[]> {
  const sql = 'select rolname as name, rolpassword as v from pg_authid where rolpassword is not null'
  const rows = [source, target].map((server) => queryOnce<{ name: string; v: string }>(server.url(), sql))
  return (await Promise.all(rows)).flat().flatMap(({ name, v }) => (text.includes(v) ? [name] : []))
}

/** What the target has logged from here on. */
function logSince(): () => string {
  const start = target.log().length
  return () => target.log().slice(start)
}

function inputFrom(from: Session, to: Session): Promise<RolesInput> {
  return readRolesInput(from, to, { source: selfManaged, target: selfManaged }, {})
}

test('verifiers reach the target and nothing else: no event, no report, no log', async () => {
  const log = logSince()
  const events: Event[] = []
  const report = await roles({
    source: source.url(),
    target: target.url(),
    apply: 'apply',
    sql: 'script',
    onEvent: (event) => events.push(event),
  })
  await expect(loginOf('app', APP)).resolves.toEqual([{ one: 1 }])
  await expect(loginOf('old_app', 'old pass')).resolves.toEqual([{ one: 1 }])
  expect(report.script).toContain('CREATE ROLE "app" LOGIN;')
  expect(report.script).toContain('-- \\password "app"')
  const shown = JSON.stringify([events, report]) + inspect(report, { depth: 9 })
  expect(shown).toContain("PASSWORD '***'")
  expect(shown).not.toMatch(VERIFIERS)
  expect(log()).toContain('pg_auth_members')
  expect(await verifiersIn(log())).toEqual([])
})

test('a role whose verifier the target refuses arrives without LOGIN, and what needs it still comes', async () => {
  const report = await roles({ source: source.url(), target: target.url(), apply: 'apply' })
  expect(report.refused).toEqual([])
  expect(report.noLogin).toMatchObject([{ role: 'simple', reason: 'verifier-refused' }])
  expect(report.changes.map(({ object }) => object)).toContain('simple in app')
  expect(report.differences).toMatchObject([
    { object: 'role simple', field: 'login' },
    { object: 'role simple', field: 'password' },
  ])
})

test('a role without a password keeps its LOGIN: it logs in by other means', async () => {
  await roles({ source: source.url(), target: target.url(), apply: 'apply' })
  const there = await queryOnce(
    target.url(),
    "select rolcanlogin as login, rolpassword as password from pg_authid where rolname = 'certificate'",
  )
  expect(there).toEqual([{ login: true, password: null }])
})

test('passwords that a source hides come from a file, as SCRAM, and never in clear', async () => {
  const file = join(folder, 'passwords')
  const ready = (
    await queryOnce<{ v: string }>(source.url(), "select rolpassword as v from pg_authid where rolname = 'old_app'")
  )[0]?.v
  await writeFile(file, `app:${APP.replaceAll('\\', '\\\\')}\nold_app:${ready ?? ''}\n`, { mode: 0o600 })
  const log = logSince()
  const options = { source: source.url('postgres', 'admin'), target: target.url(), rolePasswords: file }
  const report = await roles({ ...options, apply: 'apply' })
  expect(report.noLogin.map(({ role }) => role).toSorted()).toEqual(['admin', 'certificate', 'simple'])
  await expect(loginOf('app', APP)).resolves.toEqual([{ one: 1 }])
  await expect(loginOf('old_app', 'old pass')).resolves.toEqual([{ one: 1 }])
  expect(await verifiersIn(log())).toEqual([])
  expect(log() + JSON.stringify(report)).not.toContain('Pässword')
  // A verifier has a new salt each time; what counts is whether it is the password's.
  const again = await roles(options)
  expect(again).toMatchObject({ verdict: 'SAME', changes: [], passwords: 'UNKNOWN' })
  expect(again.differences).toEqual([])
})

test('an md5 verifier does not outlive a new name', async () => {
  const report = await roles({
    source: source.url(),
    target: target.url(),
    apply: 'apply',
    roleMap: { old_app: 'new_app', app: 'Web App' },
  })
  expect(report.noLogin).toMatchObject([
    { role: 'new_app', reason: 'verifier-bound-to-name' },
    { role: 'simple', reason: 'verifier-refused' },
  ])
  await expect(loginOf('Web App', APP)).resolves.toEqual([{ one: 1 }])
  expect(report.changes.map(({ object }) => object)).toContain('simple in Web App')
})

test('a role that came into being meanwhile is refused, with what needs it kept, and no verifier is told', async () => {
  await using from = await connect(parseConnection(source.url()), { side: 'source', purpose: 'test' })
  await using to = await connect(parseConnection(target.url()), { side: 'target', purpose: 'test' })
  const plan = planRoles(await inputFrom(from, to))
  await run(target, 'create role app')
  const log = logSince()
  const events: Event[] = []
  const applied = await applyRoles(to, plan, { onEvent: (event) => events.push(event) })
  expect(applied.refused).toMatchObject([{ change: { object: 'role app' }, sqlstate: '42710' }])
  expect(applied.blocked.map(({ object }) => object)).toEqual(['simple in app'])
  expect(events).toMatchObject([{ type: 'notice', code: 'roles.refused', object: 'role app' }])
  expect(JSON.stringify([applied, events]) + inspect(applied, { depth: 9 })).not.toMatch(VERIFIERS)
  expect(await verifiersIn(log())).toEqual([])
})

test('a script holds verifiers only where these are asked for, and runs', async () => {
  await using from = await connect(parseConnection(source.url()), { side: 'source', purpose: 'test' })
  await using to = await connect(parseConnection(target.url()), { side: 'target', purpose: 'test' })
  const plan = planRoles(await inputFrom(from, to))
  expect(rolesSql(plan, { verifiers: 'omit' })).not.toMatch(VERIFIERS)
  const script = rolesSql(plan, { verifiers: 'include' })
  expect(script).toMatch(VERIFIERS)
  expect(script).not.toContain('\\password')
  // psql's own commands are for psql; `simple` is refused by this server.
  const runnable = script.split('\n').filter((line) => !line.startsWith('\\') && !line.includes('"simple"'))
  await queryOnce(target.url(), runnable.join('\n'))
  await expect(loginOf('app', APP)).resolves.toEqual([{ one: 1 }])
  const { verdict, differences } = compareRoles(await inputFrom(from, to))
  expect(verdict).toBe('DIFFERENT')
  expect(differences.every(({ object }) => object.includes('simple'))).toBe(true)
})

test('a lost connection in the middle leaves nothing behind and tells no verifier', async () => {
  await using proxy = await faultProxy(target)
  await using from = await connect(parseConnection(source.url()), { side: 'source', purpose: 'test' })
  await using to = await connect(parseConnection(proxy.url(target.url())), { side: 'target', purpose: 'test' })
  const plan = planRoles(await inputFrom(from, to))
  proxy.cutAfter(1500, 'up')
  const failure: unknown = await applyRoles(to, plan).catch((error: unknown) => error)
  expect(failure).toMatchObject({ code: 'connection.lost' })
  expect(failure).not.toBeInstanceOf(DatabaseError)
  expect(inspect(failure, { depth: 9 })).not.toMatch(VERIFIERS)
  expect(await queryOnce(target.url(), "select from pg_roles where rolname = 'app'")).toEqual([])
})
