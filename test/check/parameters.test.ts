import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { allChecks, openEnds, runChecks } from '../../src/check/index.ts'
import { isOfItsServer } from '../../src/check/parameters/of-its-server.ts'
import { parameterValue } from '../../src/check/parameters/value.ts'
import { removedParameters } from '../../src/check/removed-parameters.ts'
import { parseConnection } from '../../src/connection/index.ts'
import { findingsOf } from '../../src/report/index.ts'
import { connectClient, freshDatabase, freshRole, server, startServer } from '../kit/index.ts'
import type { OwnServer } from '../kit/index.ts'
import { findings, passes } from './support.ts'

let source: OwnServer

beforeAll(async () => {
  const settings = {
    vacuum_cleanup_index_scale_factor: '0.2',
    old_snapshot_threshold: '1h',
    work_mem: '64MB',
    statement_timeout: '90s',
    log_min_duration_statement: '250ms',
    shared_preload_libraries: 'pg_stat_statements',
    'pg_stat_statements.track': 'all',
    track_commit_timestamp: 'on',
    max_slot_wal_keep_size: '1GB',
    wal_sender_timeout: '10s',
  }
  source = await startServer({ major: 13, settings })
})

afterAll(() => source[Symbol.asyncDispose]())

const where = () => ({ source: source.url() })

describe('P01', () => {
  test('names what is set on the source and gone in the version to come, and what took its place', async () => {
    const objects = async (to: number) => (await findings('P01', { ...where(), to })).map(({ object }) => object)
    await passes('P01', { ...where(), to: 13 })
    expect(await objects(14)).toEqual(['parameter vacuum_cleanup_index_scale_factor'])
    expect(await objects(17)).toEqual([
      'parameter old_snapshot_threshold',
      'parameter vacuum_cleanup_index_scale_factor',
    ])
  })

  test('names what a library would have to be loaded for on the target', async () => {
    await using target = await freshDatabase(await server(17))
    const found = await findings('P01', { ...where(), target })
    expect(found.find(({ object }) => object === 'parameter pg_stat_statements.track')).toMatchObject({
      message: 'pg_stat_statements.track is all on the source, and the target does not know it.',
      fix: { text: expect.stringContaining('shared_preload_libraries') },
    })
  })

  test('says what it cannot see, and takes nothing hidden for gone', async () => {
    const pg = await server(17)
    await using role = await freshRole(pg)
    await using target = await freshDatabase(pg)
    const found = await findings('P01', { ...where(), target: target.urlFor(role.name) })
    expect(found.map(({ object }) => object)).toEqual([
      'parameters hidden on the target',
      'parameter old_snapshot_threshold',
      'parameter vacuum_cleanup_index_scale_factor',
    ])
    await target.query(found[0]?.fix?.kind === 'sql' ? found[0].fix.sql : '')
    expect(await findings('P01', { ...where(), target: target.urlFor(role.name) })).not.toContainEqual(found[0])
  })
})

describe('P02', () => {
  test('names what is set on the source and is another on the target, in units that one can write', async () => {
    await using target = await freshDatabase(await server(17))
    const found = await findings('P02', { ...where(), target })
    const fixes = found.flatMap(({ fix }) => (fix?.kind === 'parameter' ? [`${fix.name} = ${fix.value}`] : []))
    expect(fixes).toEqual(
      expect.arrayContaining(['log_min_duration_statement = 250ms', 'statement_timeout = 90s', 'work_mem = 64MB']),
    )
    expect(found.find(({ object }) => object === 'parameter work_mem')).toMatchObject({
      message: 'work_mem is 64MB on the source and 4MB on the target.',
    })
  })

  test('leaves to the other checks what these have told of a parameter', async () => {
    await using target = await freshDatabase(await server(17))
    const alone = (await findings('P02', { ...where(), target })).map(({ object }) => object)
    const told = ['max_slot_wal_keep_size', 'track_commit_timestamp', 'wal_sender_timeout']
    expect(alone).toEqual(expect.arrayContaining(told.map((name) => `parameter ${name}`)))

    const info = { source: parseConnection(where().source), target: parseConnection(target.url) }
    await using ends = await openEnds({ ...info, to: 17, paths: ['online'] })
    const found = findingsOf(await runChecks(ends, { checks: allChecks }))
    const about = (name: string) => found.flatMap(({ id, object = '' }) => (object.endsWith(name) ? [id] : []))
    expect(told.map(about)).toEqual([['S05'], ['S20'], ['S07']])
    expect(about('work_mem')).toContain('P02')
  })

  test('leaves to others what a database or a role sets', async () => {
    await using one = await freshDatabase(await server(16))
    await using other = await freshDatabase(await server(17))
    await one.query(`alter database "${one.name}" set work_mem = '99MB'`)
    await passes('P02', { source: one, target: other })
  })

  test('is silent about what differs because the servers are two', async () => {
    await using one = await freshDatabase(await server(16))
    await using other = await freshDatabase(await server(17))
    await passes('P02', { source: one, target: other })
    for (const name of ['port', 'data_directory', 'log_directory', 'lc_messages'])
      expect(isOfItsServer(name)).toBe(true)
    for (const name of ['work_mem', 'log_statement', 'jit', 'max_connections']) expect(isOfItsServer(name)).toBe(false)
  })
})

test.each([
  ['16384', '8kB', '128MB'],
  ['4096', 'kB', '4MB'],
  ['1', '8kB', '8kB'],
  ['4', '16MB', '64MB'],
  ['90', 's', '90s'],
  ['3600000', 'ms', '1h'],
  ['0.5', 'ms', '0.5ms'],
  ['-1', 'ms', '-1'],
  ['0', 'ms', '0'],
  ['on', null, 'on'],
  ['', null, "''"],
])('a parameter of %s %s is written %s', (value, unit, text) => {
  expect(parameterValue({ value, unit })).toBe(text)
})

test.each([13, 14, 15, 16, 17, 18] as const)(
  'on %s no removed parameter can be read, and no other is listed',
  async (major) => {
    await using client = await connectClient((await server(major)).url())
    for (const { name, removedIn, stillTakes, replacedBy } of removedParameters) {
      const { rows } = await client.query<{ value: string | null }>('select current_setting($1, true) as value', [name])
      expect([name, rows[0]?.value === null]).toEqual([name, major >= removedIn && stillTakes === undefined])
      if (replacedBy !== undefined && major >= removedIn) await client.query('select current_setting($1)', [replacedBy])
    }
  },
)
