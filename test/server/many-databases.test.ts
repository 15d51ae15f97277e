import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Event, type ServerReport, roles, statusServer } from '../../src/index.ts'
import { makeManyRoles, rolesServer } from '../globals/many-roles.ts'
import type { OwnServer } from '../kit/index.ts'
import { type CliEnd, databasesOf, pgleap, propertiesOf, run } from './support.ts'

const COUNT = 20
const NAMES = Array.from({ length: COUNT }, (_, i) => (i === 0 ? 'Odd "db" $1' : `shop_${String(i).padStart(2, '0')}`))

/** Databases with owners, properties, grants and default privileges that name the server's many roles. */
async function makeManyDatabases(server: OwnServer): Promise<void> {
  await run(
    server,
    'postgres',
    'create database pattern is_template true',
    'create database closed allow_connections false',
  )
  await run(
    server,
    'pattern',
    'create table items (id int primary key, name text not null)',
    `insert into items select i, 'item ' || i from generate_series(1, 50) i`,
    'alter table items owner to "app 7"',
    'create view names as select name from items',
    'grant select on items to "Group 3", "app 11" with grant option',
    'alter default privileges for role "app 7" grant select on tables to "Group 5"',
    `create function twice(int) returns int language sql as 'select $1 * 2'`,
    'revoke execute on function twice(int) from public',
  )
  for (const [i, name] of NAMES.entries()) {
    const quoted = `"${name.replaceAll('"', '""')}"`
    await run(
      server,
      'postgres',
      `create database ${quoted} template pattern owner "app ${String(i + 1)}" ${i % 4 === 0 ? 'connection limit 7' : ''}`,
      `comment on database ${quoted} is 'it''s number ${String(i)}'`,
      `alter database ${quoted} set work_mem = '${String(i + 1)}MB'`,
      `alter database ${quoted} set search_path = "$user", public, "Odd one"`,
      `alter role "app ${String(i + 2)}" in database ${quoted} set statement_timeout = '1min'`,
      ...(i % 3 === 0 ? [`revoke connect on database ${quoted} from public`] : []),
      `grant create on database ${quoted} to "Group 9" with grant option`,
    )
  }
}

describe('a server of 20 databases and 200 roles, from 13 to 18,', () => {
  let source: OwnServer
  let target: OwnServer
  let end: CliEnd
  let report: ServerReport
  const events: Event[] = []
  beforeAll(async () => {
    source = await rolesServer(13)
    target = await rolesServer(18)
    await makeManyRoles(source)
    await makeManyDatabases(source)
    end = await pgleap(['migrate', '--all-databases', source.url(), target.url(), '--jobs', '6'], (event) => {
      events.push(event)
    })
    if (end.result === undefined) throw new Error(`${JSON.stringify(end.error)} ${end.stderr}`)
    report = end.result
  }, 240_000)
  afterAll(async () => {
    await target[Symbol.asyncDispose]()
    await source[Symbol.asyncDispose]()
  })

  test('arrives whole, and is the same', () => {
    expect(end.code).toBe(0)
    expect(report).toMatchObject({ verdict: 'SAME', roles: { verdict: 'SAME', passwords: 'SAME', refused: [] } })
    expect(report.databases.map(({ database }) => database).toSorted()).toEqual(NAMES.toSorted())
    for (const database of report.databases) {
      expect(database).toMatchObject({ state: 'done', verdict: 'SAME', when: 'now', properties: [] })
      expect(database.run).toMatchObject({ verdict: 'SAME', failures: [], blocked: [], differences: [] })
    }
    expect(report.notices.filter(({ level }) => level === 'warning')).toEqual([])
  })

  test('has no difference left for `roles` to show', async () => {
    const left = await roles({ source: source.url(), target: target.url() })
    expect(left).toMatchObject({ verdict: 'SAME', passwords: 'SAME', changes: [], differences: [], leftOut: [] })
  })

  test('is the same to the catalogs: owners, locales, limits, comments, settings, grants', async () => {
    expect(await propertiesOf(target, NAMES)).toEqual(await propertiesOf(source, NAMES))
  })

  test('leaves templates, closed databases and an empty database postgres behind, and says why', () => {
    expect(report.leftOut.map(({ database, reason }) => [database, reason])).toEqual([
      ['closed', 'no-connections'],
      ['pattern', 'template'],
      ['postgres', 'empty'],
      ['template0', 'template'],
      ['template1', 'template'],
    ])
  })

  test("leaves no record behind, and no error in the target's log", async () => {
    expect(await databasesOf(target)).toEqual([...NAMES, 'postgres'].toSorted())
    await expect(statusServer({ target: target.url() })).rejects.toMatchObject({ code: 'status.nothing' })
    expect(
      target
        .log()
        .split('\n')
        .filter((line) => line.includes('already exists')),
    ).toEqual([])
  })

  test('says of each event which database it is about', () => {
    const ended = events.flatMap(({ type, database = 'the server' }) => (type === 'finished' ? [database] : []))
    expect(ended.toSorted()).toEqual([...NAMES, 'the server'].toSorted())
    expect(events.every(({ type, database }) => type !== 'step-done' || database !== undefined)).toBe(true)
  })
})
