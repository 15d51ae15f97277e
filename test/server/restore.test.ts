import { cpSync, readFileSync, writeFileSync } from 'node:fs'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  type Event,
  type RestoreServerOptions,
  dump,
  migrateServer,
  restoreServer,
  resumeServer,
  statusServer,
} from '../../src/index.ts'
import { imitate, type OwnServer, queryOnce, type Server, startServer } from '../kit/index.ts'
import { quoteIdent } from '../../src/sql.ts'
import { databasesOf, pgleap, propertiesOf, run, SALES } from './support.ts'

const ODD = 'Odd."db" Ω'
const NAMES = [ODD, 'shop']

let scratch = ''
let folder = ''
let source: OwnServer
beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'pgleap-kit-restore-server-'))
  folder = join(scratch, 'server')
  source = await startServer({ major: 14, settings: { autovacuum: 'off' } })
  await run(
    source,
    'postgres',
    `create role app login password 'pw' connection limit 5 valid until '2090-01-01'`,
    'create role readers',
    `create role keeper login password 'theirs' createdb`,
    'create role auditor superuser login',
    'grant readers to app with admin option',
    'grant app to keeper',
    `alter role app set work_mem = '5MB'`,
    `comment on role readers is 'they only read'`,
    ...NAMES.map((name) => `create database ${quoteIdent(name)} owner app connection limit 7 template template0`),
    `create database "it's closed later" owner app`,
    `alter role app in database shop set statement_timeout = '1min'`,
    `alter database shop set work_mem = '7MB'`,
    `alter database shop set search_path = "$user", public, "Odd one"`,
    `comment on database shop is 'it''s the shop'`,
    'revoke all on database shop from public',
    'grant connect, temporary on database shop to readers with grant option',
    'grant create on database shop to keeper',
  )
  for (const name of NAMES) {
    await run(source, name, ...SALES, 'alter default privileges in schema sales grant select on tables to readers')
  }
  await dump({ source: source.url(), to: folder, databases: 'all', excludeDatabases: ['it*'], jobs: 2 })
}, 120_000)
afterAll(async () => {
  await source[Symbol.asyncDispose]()
  await rm(scratch, { recursive: true })
})

function options(target: string, more: Partial<RestoreServerOptions> = {}): RestoreServerOptions {
  return { from: folder, target, jobs: 2, ...more }
}

/** What the catalogs say of databases, and of roles with their passwords. */
async function catalogOf(server: Server): Promise<unknown> {
  const databases = await propertiesOf(server, NAMES)
  return { databases, roles: await rolesOf(server) }
}

async function rolesOf(server: Server): Promise<unknown[]> {
  return queryOnce(
    server.url(),
    `select rolname, rolsuper, rolcreatedb, rolcanlogin, rolconnlimit, rolpassword, rolvaliduntil at time zone 'UTC' as until,
       shobj_description(oid, 'pg_authid') as comment,
       (select setconfig from pg_db_role_setting where setrole = a.oid and setdatabase = 0) as settings,
       (select array_agg(member::regrole || ':' || admin_option order by member::regrole::text) from pg_auth_members where roleid = a.oid) as members
     from pg_authid a where rolname !~ '^pg_' and rolname <> 'postgres' order by 1`,
  )
}

describe('a whole server from a folder', { timeout: 240_000 }, () => {
  test('arrives with its roles, passwords, databases and their properties, and is the same', async () => {
    await using target = await startServer({ major: 17 })
    const events: Event[] = []
    const report = await restoreServer(options(target.url(), { onEvent: (event) => events.push(event) }))
    expect(report.roles).toMatchObject({ verdict: 'SAME', passwords: 'SAME', refused: [], leftOut: [] })
    for (const one of report.databases) {
      expect(one).toMatchObject({ state: 'done', verdict: 'SAME', when: 'now', properties: [] })
      expect(one.run).toMatchObject({ failures: [], blocked: [], differences: [], archive: { manifest: 'present' } })
    }
    expect(report).toMatchObject({
      verdict: 'SAME',
      folder,
      leftOut: [],
      source: { version: expect.stringMatching(/^14/u) },
    })
    expect(report.databases.map(({ database }) => database).toSorted()).toEqual(NAMES)
    expect(await catalogOf(target)).toEqual(await catalogOf(source))
    expect(await databasesOf(target)).toEqual([ODD, 'postgres', 'shop'])
    expect(JSON.stringify([report, events])).not.toContain('SCRAM')
    const ended = events.flatMap(({ type, database = 'the server' }) => (type === 'finished' ? [database] : []))
    expect(ended.toSorted()).toEqual([ODD, 'shop', 'the server'].toSorted())
    expect(ended.at(-1)).toBe('the server')
    await expect(restoreServer(options(target.url()))).rejects.toMatchObject({ code: 'target.databases-not-empty' })
  })

  test('is refused before anything is made where a file was altered, is missing or is another’s', async () => {
    await using target = await startServer({ major: 17 })
    const before = { roles: await rolesOf(target), databases: await databasesOf(target) }
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
      await damaged('altered', async (copy) => {
        const [file = ''] = (await readdir(shop(copy))).filter((name) => /^\d+\.dat/u.test(name))
        const bytes = readFileSync(join(shop(copy), file))
        bytes[20] = (bytes[20] ?? 0) ^ 1
        writeFileSync(join(shop(copy), file), bytes)
      }),
    ).toMatch(/^manifest.files-differ: .*databases\/shop is not what its manifest says: \d+\.dat\.gz was altered/u)
    expect(await damaged('missing', (copy) => rm(join(shop(copy), 'toc.dat')))).toMatch(
      /^manifest.files-differ: .*databases\/shop is not .*: toc.dat is missing/u,
    )
    // Two databases that were exchanged, each with a manifest that fits.
    expect(
      await damaged('exchanged', async (copy) => {
        const odd = join(copy, 'databases', encodeURIComponent(ODD).replace('.', '%2e'))
        cpSync(odd, `${odd}.aside`, { recursive: true })
        await rm(odd, { recursive: true })
        cpSync(shop(copy), odd, { recursive: true })
      }),
    ).toMatch(/^manifest.files-differ: .*pgleap-manifest.json/u)
    expect(
      await damaged('roles', (copy) => {
        const path = join(copy, 'pgleap-roles.json')
        writeFileSync(path, readFileSync(path, 'utf8').replace('"superuser": false', '"superuser": true '))
      }),
    ).toMatch(/^manifest.files-differ: .*pgleap-roles.json was altered/u)
    expect(await damaged('cut', (copy) => writeFileSync(join(copy, 'pgleap-server.json'), '{"format": 1,'))).toMatch(
      /^manifest.damaged/u,
    )
    expect(await damaged('unfinished', (copy) => rm(join(copy, 'pgleap-server.json')))).toMatch(/^restore.no-server/u)
    expect({ roles: await rolesOf(target), databases: await databasesOf(target) }).toEqual(before)
  })

  test('goes on after a kill in the second database, and leaves roles of the target alone', async () => {
    await using target = await startServer({ major: 17 })
    await run(target, 'postgres', `create role keeper login password 'mine'`, 'create database shop')
    const [mine] = await verifierOf(target, 'keeper')
    const command = ['restore', '--all-databases', folder, target.url(), '--jobs', '1', '--databases-at-once', '1']
    const brought: string[] = []
    const onEvent = (event: Event) => {
      if (event.type === 'step-done') brought.push(`${event.database ?? ''} ${String(event.step.id)}`)
    }
    const seen = new Set<string>()
    const killed = await pgleap(command, (event, child) => {
      onEvent(event)
      if (event.database !== undefined) seen.add(event.database)
      if (seen.size === 2 && event.type === 'step-done') child.kill('SIGKILL')
    })
    expect(killed.code, killed.stderr).toBe('SIGKILL')
    expect(await statusServer({ target: target.url() })).toMatchObject({ state: 'broken', folder })

    const other = join(scratch, 'other')
    await dump({ source: source.url(), to: other, databases: 'all', includeDatabases: ['shop'] })
    expect(await refusal(restoreServer(options(target.url(), { from: other })))).toBe('restore.other-archive')
    expect(await refusal(restoreServer(options(target.url(), { owners: 'skip' })))).toBe('resume.other-choices')
    expect(await refusal(resumeServer({ target: target.url() }))).toBe('resume.restore')
    const migration = { source: source.url(), target: target.url() }
    expect(await refusal(migrateServer(migration))).toBe('resume.restore')

    const last = await pgleap(command, onEvent)
    expect(last.error, last.stderr).toBeUndefined()
    // The password that differs is told, and nothing else does.
    expect(last).toMatchObject({ code: 6, result: { verdict: 'DIFFERENT' } })
    expect(last.result?.databases.map(({ verdict, state, when }) => `${state} ${verdict} ${when}`).toSorted()).toEqual([
      'done SAME earlier',
      'done SAME now',
    ])
    expect(brought).toHaveLength(new Set(brought).size)
    expect(last.result?.roles.differences.map(({ object, field }) => `${object}: ${field}`)).toEqual([
      'role keeper: createDb',
      'role keeper: password',
    ])
    expect(await verifierOf(target, 'keeper')).toEqual([mine])
    // Made by somebody else before, and still theirs.
    expect(await ownerOf(target, 'shop')).toEqual([{ owner: 'postgres' }])
    expect(await ownerOf(target, ODD)).toEqual([{ owner: 'app' }])
    expect(await databasesOf(target)).toEqual([ODD, 'postgres', 'shop'])
  })

  test('of custom files without passwords goes on after a failure and an abort', async () => {
    const custom = join(scratch, 'custom')
    const excludeDatabases = ['it*']
    await run(source, 'postgres', 'create table of_the_default (i int)', 'insert into of_the_default values (1)')
    await dump({
      source: source.url(),
      to: custom,
      databases: 'all',
      format: 'custom',
      verifiers: 'omit',
      excludeDatabases,
    })
    await run(source, 'postgres', 'drop table of_the_default')
    expect(readFileSync(join(custom, 'pgleap-roles.json'), 'utf8')).not.toContain('SCRAM')
    const passwords = join(scratch, 'passwords')
    writeFileSync(passwords, 'app:secret\n', { mode: 0o600 })
    await using target = await startServer({ major: 18 })
    await run(target, 'postgres', 'create database shop', 'alter database shop set default_transaction_read_only = on')
    const restored = (more: Partial<RestoreServerOptions> = {}) =>
      restoreServer(
        options(target.url(), {
          from: custom,
          source: source.url(),
          excludeDatabases: ['Odd*'],
          rolePasswords: passwords,
          databasesAtOnce: 1,
          ...more,
        }),
      )

    const first = await restored()
    const states = first.databases.map(({ database, state, verdict }) => `${database} ${state} ${verdict}`)
    expect(states.toSorted()).toEqual(['postgres done SAME', 'shop failed DIFFERENT'])
    expect(first.leftOut).toEqual([{ database: ODD, reason: 'excluded', message: expect.any(String) }])
    // What the user gave a password for logs in; the others wait for theirs.
    expect(first.roles.noLogin.map(({ role }) => role).toSorted()).toEqual(['keeper'])
    expect(first.roles.leftOut).toContainEqual(
      expect.objectContaining({ object: 'role keeper', message: expect.stringContaining('made without passwords') }),
    )
    expect(await queryOnce(target.url(), 'select i from of_the_default')).toEqual([{ i: 1 }])

    await run(target, 'postgres', 'alter database shop reset default_transaction_read_only')
    const stopper = new AbortController()
    const onEvent = ({ type, database }: Event) => {
      if (type === 'step-done' && database === 'shop') stopper.abort()
    }
    expect(await refusal(restored({ onEvent, signal: stopper.signal }))).toBe('run.interrupted')
    const last = await restored()
    expect(last.databases.map(({ database, state, when }) => `${database} ${state} ${when}`).toSorted()).toEqual([
      'postgres done earlier',
      'shop done now',
    ])
    expect(last.databases.map(({ verdict }) => verdict)).toEqual(['SAME', 'SAME'])
    expect(await databasesOf(target)).toEqual(['postgres', 'shop'])
  })

  test('is brought by an administrator with CREATEROLE and CREATEDB alone, who is told what cannot come along', async () => {
    await using target = await imitate('plain', 16)
    await queryOnce(target.server.url(), `create role keeper login password 'mine'`)
    const [mine] = await verifierOf(target.server, 'keeper')
    const report = await restoreServer(
      options(target.adminUrl, { roleMap: { postgres: target.admin }, ownMemberships: 'grant' }),
    )
    for (const { run: of, error, properties } of report.databases) {
      expect({ error, failures: of?.failures, properties }).toEqual({ error: undefined, failures: [], properties: [] })
    }
    expect(report.databases.map(({ verdict }) => verdict)).toEqual(['SAME', 'SAME'])
    expect(report.roles.leftOut).toContainEqual(
      expect.objectContaining({ object: 'role auditor', reason: 'not-grantable' }),
    )
    expect(report.roles.ownMemberships.length).toBeGreaterThan(0)
    expect(await verifierOf(target.server, 'keeper')).toEqual([mine])
    expect(await ownerOf(target.server, 'shop')).toEqual([{ owner: 'app' }])
    expect(await queryOnce(target.server.url('shop'), 'select sum(total)::int as sum from sales.orders')).toEqual([
      { sum: 500_500 },
    ])
  })
})

function shop(folderOfServer: string): string {
  return join(folderOfServer, 'databases/shop')
}

function refusal(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(undefined, ({ code }: { code: string }) => code)
}

async function verifierOf(server: Server, role: string): Promise<unknown[]> {
  return queryOnce(server.url(), 'select rolpassword from pg_authid where rolname = $1', [role])
}

async function ownerOf(server: Server, database: string): Promise<unknown[]> {
  return queryOnce(server.url(), 'select pg_get_userbyid(datdba) as owner from pg_database where datname = $1', [
    database,
  ])
}
