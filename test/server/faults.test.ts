import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import {
  type MigrateServerOptions,
  type ServerReport,
  migrateServer,
  resumeServer,
  statusServer,
} from '../../src/index.ts'
import { type OwnServer, queryOnce, startServer } from '../kit/index.ts'
import { databasesOf, pgleap, run } from './support.ts'

const NAMES = ['alpha', 'beta', 'gamma', 'postgres']

let source: OwnServer
let target: OwnServer
beforeAll(async () => {
  source = await startServer({ major: 15, settings: { autovacuum: 'off' } })
  await run(source, 'postgres', 'create role owner login', 'create role reader')
  for (const name of NAMES) {
    if (name !== 'postgres') await run(source, 'postgres', `create database ${name} owner owner`)
    await run(
      source,
      name,
      'create table things (id int primary key, name text)',
      `insert into things select i, '${name} ' || i from generate_series(1, 100) i`,
      'alter table things owner to owner',
      'grant select on things to reader',
    )
  }
})
afterAll(() => source[Symbol.asyncDispose]())
beforeEach(async () => {
  target = await startServer({ major: 17 })
  return () => target[Symbol.asyncDispose]()
})

function options(more: Partial<MigrateServerOptions> = {}): MigrateServerOptions {
  return { source: source.url(), target: target.url(), jobs: 2, databasesAtOnce: 2, verify: 'counts', ...more }
}

function states({ databases }: ServerReport): Record<string, string> {
  return Object.fromEntries(databases.map(({ database, state, when }) => [database, `${state} ${when}`]))
}

async function countOf(database: string): Promise<unknown> {
  return queryOnce(target.url(database), 'select count(*)::int as rows from things')
}

describe('a run of a whole server', { timeout: 240_000 }, () => {
  test('that is killed goes on with the same command, and copies nothing twice', async () => {
    const command = ['migrate', '--all-databases', source.url(), target.url(), '--jobs', '1', '--verify', 'counts']
    // Once between the end of a database's work and the end of its run, once in the middle of another's.
    const ends = ['finish', 'run'] as const
    const copied: string[] = []
    const onEvent = ({
      type,
      database = '',
      ...event
    }: {
      type: string
      database?: string
      step?: { kind: string }
    }) => {
      if (type === 'step-done' && event.step?.kind === 'copy') copied.push(database)
    }
    for (const phase of ends) {
      let left = phase === 'run' ? 1 : 2
      const killed = await pgleap(command, (event, child) => {
        onEvent(event)
        if (event.type === 'phase' && event.phase === phase && event.database !== undefined) left -= 1
        if (left === 0) child.kill('SIGKILL')
      })
      expect(killed.code, killed.stderr).toBe('SIGKILL')
      expect(await statusServer({ target: target.url() })).toMatchObject({ state: 'broken' })
    }
    const last = await pgleap(command, onEvent)
    expect(last, last.stderr).toMatchObject({ code: 0, error: undefined, result: { verdict: 'SAME' } })
    expect(copied.toSorted()).toEqual([...new Set(copied)].toSorted())
    expect(last.result?.databases.map(({ database }) => database).toSorted()).toEqual(NAMES)
    expect(last.result?.databases.filter(({ when }) => when === 'earlier').length).toBeGreaterThan(0)
    for (const database of last.result?.databases ?? []) {
      expect(database).toMatchObject({ state: 'done', verdict: 'SAME', run: { verdict: 'SAME', failures: [] } })
    }
    for (const name of NAMES) expect(await countOf(name)).toEqual([{ rows: 100 }])
    expect(await databasesOf(target)).toEqual(NAMES)
    const owners = await queryOnce(
      target.url(),
      `select datname from pg_database where datdba = 'owner'::regrole order by 1`,
    )
    expect(owners.map(({ datname }) => datname)).toEqual(['alpha', 'beta', 'gamma'])
    const schemas = await queryOnce(target.url('alpha'), `select from pg_namespace where nspname = 'pgleap'`)
    expect(schemas).toEqual([])
  })

  test('is refused where databases are in the way, all of them named, and nothing is made', async () => {
    await run(
      target,
      'postgres',
      'create database alpha',
      'create database beta',
      'create database gamma',
      'create table mine ()',
    )
    await run(target, 'alpha', 'create table mine ()')
    await expect(migrateServer(options())).rejects.toMatchObject({
      code: 'target.databases-not-empty',
      party: 'target',
      message: expect.stringMatching(/"alpha" \(table public.mine\), "postgres" \(table public.mine\)/u),
    })
    expect(await databasesOf(target)).toEqual(NAMES)
    expect(await queryOnce(target.url(), `select from pg_roles where rolname = 'owner'`)).toEqual([])
    // Empty ones are filled, and stay their owner's; what is left out is not in the way.
    const report = await migrateServer(options({ excludeDatabases: ['postgres', 'al*'] }))
    expect(report).toMatchObject({ verdict: 'SAME' })
    expect(states(report)).toEqual({ beta: 'done now', gamma: 'done now' })
    expect(report.leftOut).toContainEqual(expect.objectContaining({ database: 'alpha', reason: 'excluded' }))
  })

  test('goes on where one database is broken, and finishes that when it is mended', async () => {
    await run(source, 'beta', 'create extension hstore', 'create table maps (id int, map hstore)')
    await run(
      source,
      'gamma',
      `create function refuse() returns int language plpgsql immutable as $$ begin
        if current_setting('server_version_num')::int > 160000 and not exists (select from pg_roles where rolname = 'mended') then
          raise exception 'not here' using errcode = '22000'; end if; return 1; end $$`,
      'create table strict (id int)',
      'insert into strict values (1)',
      'create index on strict ((id + refuse()))',
    )
    await run(target, 'postgres', 'create database alpha')
    await run(target, 'postgres', `alter database alpha set default_transaction_read_only = on`)
    const report = await migrateServer(options())
    expect(report).toMatchObject({ verdict: 'DIFFERENT' })
    expect(states(report)).toEqual({
      alpha: 'failed now',
      beta: 'done now',
      gamma: 'partial now',
      postgres: 'done now',
    })
    const alpha = report.databases.find(({ database }) => database === 'alpha')
    expect(alpha?.error).toMatchObject({ code: 'target.read-only', party: 'target' })
    expect(await statusServer({ target: target.url() })).toMatchObject({
      state: 'broken',
      databases: expect.arrayContaining([
        expect.objectContaining({ database: 'alpha', state: 'failed' }),
        expect.objectContaining({ database: 'gamma', state: 'partial', run: expect.anything() }),
      ]),
    })
    await expect(migrateServer(options({ excludeDatabases: ['alpha'] }))).rejects.toMatchObject({
      code: 'resume.other-choices',
    })
    await run(target, 'postgres', 'alter database alpha reset default_transaction_read_only', 'create role mended')
    const resumed = await resumeServer({ target: target.url() })
    expect(resumed).toMatchObject({ verdict: 'SAME' })
    expect(states(resumed)).toEqual({
      alpha: 'done now',
      beta: 'done earlier',
      gamma: 'done now',
      postgres: 'done earlier',
    })
    expect(await databasesOf(target)).toEqual(NAMES)
    await expect(resumeServer({ target: target.url() })).rejects.toMatchObject({ code: 'resume.nothing' })
    await run(source, 'gamma', 'drop table strict', 'drop function refuse')
    await run(source, 'beta', 'drop table maps', 'drop extension hstore')
  })

  test('that is interrupted says how to go on', async () => {
    const controller = new AbortController()
    const call = migrateServer(
      options({
        signal: controller.signal,
        includeDatabases: ['alpha', 'beta'],
        onEvent: ({ type, database }) => {
          if (type === 'step-started' && database !== undefined) controller.abort()
        },
      }),
    )
    await expect(call).rejects.toMatchObject({
      code: 'run.interrupted',
      hint: expect.stringContaining('--all-databases'),
    })
    expect(await resumeServer({ target: target.url() })).toMatchObject({ verdict: 'SAME' })
  })

  test('is refused where both connection strings are of one server', async () => {
    await expect(migrateServer(options({ target: source.url('alpha') }))).rejects.toMatchObject({
      code: 'target.is-source',
    })
  })
})
