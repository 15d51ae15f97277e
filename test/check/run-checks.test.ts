import { describe, expect, test } from 'vitest'
import { check } from '../../src/check/check.ts'
import type { Check } from '../../src/check/index.ts'
import { allChecks, openEnds, runChecks } from '../../src/check/index.ts'
import { parseConnection } from '../../src/connection/index.ts'
import { freshDatabase, freshRole, psqlLike, server } from '../kit/index.ts'
import { found, passes } from './support.ts'

const paths = ['offline'] as const

/** A check that asks the source this, and finds every row. */
function asking(sql: string) {
  return check<{ name: string }>({
    id: 'Z01',
    title: 'nothing is there',
    severity: 'warning',
    paths,
    source: sql,
    assess: ({ source }) => source.map(({ name }) => ({ object: name, message: 'It is there.' })),
  })
}

describe('a check', () => {
  test('passes without rows, and has its own id and severity in what it finds', async () => {
    await using source = await freshDatabase(await server(14))
    await passes(asking("select 'x' as name where false"), { source })
    expect(await found(asking("select 'x' as name"), { source })).toEqual({
      status: 'found',
      findings: [{ id: 'Z01', severity: 'warning', object: 'x', message: 'It is there.' }],
    })
  })

  test('asks of a server only once what several checks want to know', async () => {
    await using source = await freshDatabase(await server(14))
    await psqlLike(
      source.url,
      'create table keyless (a int); create table parted (id int primary key) partition by range (id)',
    )
    const paths = ['online'] as const
    await using ends = await openEnds({ source: parseConnection(source.url), target: undefined, to: 17, paths })
    const asked: string[] = []
    const ask = ends.source.query.bind(ends.source)
    ends.source.query = (sql, params) => {
      asked.push(sql)
      return ask(sql, params)
    }
    await runChecks(ends, { checks: allChecks })
    const long = asked.filter((sql) => sql.length > 600)
    expect(long.length).toBeGreaterThan(10)
    const again = long.filter((sql, at) => long.indexOf(sql) < at)
    expect(again).toEqual([])
  })

  test('leaves out what an earlier check has told, and passes where nothing else is left', async () => {
    await using source = await freshDatabase(await server(14))
    await using ends = await openEnds({ source: parseConnection(source.url), target: undefined, to: 17, paths })
    const later = (sql: string) =>
      check<{ name: string }>({
        id: 'Z02',
        title: 'nothing is there',
        severity: 'info',
        paths,
        source: sql,
        assess: ({ source: rows }) => rows.map(({ name }) => ({ object: `the ${name}`, message: 'It is there.' })),
        toldBy: ({ object }, other) => other.id === 'Z01' && object === `the ${other.object ?? ''}`,
      })
    const checks = [
      asking("select 'x' as name"),
      later("select 'x' as name"),
      later("select * from (values ('x'), ('y')) v (name)"),
    ]
    const results = await runChecks(ends, { checks })
    expect(
      results.map((one) => [one.id, one.status === 'found' ? one.findings.map(({ object }) => object) : []]),
    ).toEqual([
      ['Z01', ['x']],
      ['Z02', []],
      ['Z02', ['the y']],
    ])
    expect(results[1]?.status).toBe('passed')
  })

  test('that may not look is unknown, says why, and does not pass', async () => {
    const pg = await server(14)
    await using role = await freshRole(pg)
    await using source = await freshDatabase(pg)
    const secret = asking('select rolname::text as name from pg_catalog.pg_authid where false')
    expect(await found(secret, { source: source.urlFor(role.name) })).toEqual({
      status: 'unknown',
      reason: 'The source says: permission denied for table pg_authid',
    })
    await passes(secret, { source })
  })

  test('that takes too long is unknown, and the next one is not harmed', async () => {
    await using source = await freshDatabase(await server(14))
    await using ends = await openEnds({ source: parseConnection(source.url), target: undefined, to: 17, paths })
    await ends.source.query("select set_config('statement_timeout', '50ms', false)")
    const results = await runChecks(ends, {
      checks: [asking('select pg_sleep(60)::text as name'), asking("select 'x' as name where false")],
    })
    expect(results.map(({ status }) => status)).toEqual(['unknown', 'passed'])
  })

  test('cannot write', async () => {
    await using source = await freshDatabase(await server(14))
    await source.query('create table public.t (name text)')
    const writes = asking("insert into public.t values ('x') returning name")
    expect(await found(writes, { source })).toEqual({
      status: 'unknown',
      reason: 'The source says: cannot execute INSERT in a read-only transaction',
    })
    expect(await source.query('select from public.t')).toEqual([])
  })

  test('of the target alone is skipped where only its version is known', async () => {
    await using source = await freshDatabase(await server(14))
    const target = check<never, { name: string }>({
      id: 'Z02',
      title: 'nothing is there',
      severity: 'block',
      paths,
      target: "select 'x' as name",
      assess: (rows) => (rows.target ?? []).map(({ name }) => ({ object: name, message: 'It is there.' })),
    })
    expect(await found(target, { source })).toEqual({ status: 'skipped', reason: 'needs the target server' })
  })
})

describe('a run of checks', () => {
  test('goes on with the others where one is left out, concerns another way, or cannot look', async () => {
    await using source = await freshDatabase(await server(14))
    await using ends = await openEnds({ source: parseConnection(source.url), target: undefined, to: 17, paths })
    const seen: string[] = []
    const results = await runChecks(ends, {
      checks: [
        named('Z01'),
        { ...named('Z02'), paths: ['online'] },
        { ...named('Z03'), look: () => Promise.reject(new TypeError('a bug')) },
        named('Z04'),
      ],
      skip: new Set(['Z01']),
      onResult: ({ id }) => seen.push(id),
    })
    expect(
      results.map(({ id, title: _title, severity: _severity, paths: _paths, ...outcome }) => [id, outcome]),
    ).toEqual([
      ['Z01', { status: 'skipped', reason: 'skipped as asked' }],
      ['Z02', { status: 'skipped', reason: 'concerns online only' }],
      ['Z03', { status: 'unknown', reason: 'a bug' }],
      ['Z04', { status: 'passed' }],
    ])
    expect(seen).toEqual(['Z01', 'Z02', 'Z03', 'Z04'])
  })

  test('ends with an error where the connection is lost', async () => {
    await using source = await freshDatabase(await server(14))
    await using ends = await openEnds({ source: parseConnection(source.url), target: undefined, to: 17, paths })
    const dies = asking('select pg_terminate_backend(pg_backend_pid())::text as name')
    await expect(runChecks(ends, { checks: [dies, dies] })).rejects.toMatchObject({ party: 'source' })
  })

  test('can be stopped, and the query on the server with it', async () => {
    await using source = await freshDatabase(await server(14))
    const stop = new AbortController()
    await using ends = await openEnds({
      source: parseConnection(source.url),
      target: undefined,
      to: 17,
      paths,
      signal: stop.signal,
    })
    const running = runChecks(ends, { checks: [asking('select pg_sleep(600)::text as name')] })
    stop.abort()
    await expect(running).rejects.toMatchObject({ code: 'run.interrupted', party: 'interrupted' })
  })
})

function named(id: string): Check {
  return { ...asking("select 'x' as name where false"), id }
}
