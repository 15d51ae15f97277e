import { expect, test } from 'vitest'
import { connectClient, freshDatabase, server } from '../kit/index.ts'
import { dump } from './support.ts'

test('a dump of an exported snapshot does not see what was committed later', async () => {
  await using database = await freshDatabase(await server(16))
  await database.query('create table before (id int)')
  await using keeper = await connectClient(database.url)
  await keeper.query('begin isolation level repeatable read read only')
  const { rows } = await keeper.query<{ snapshot: string }>('select pg_export_snapshot() as snapshot')
  await database.query('create table after (id int)')
  const archive = await dump(database.url, { snapshot: rows[0]?.snapshot ?? '' })
  expect(archive.entries.filter(({ desc }) => desc === 'TABLE').map(({ tag }) => tag)).toEqual(['before'])
})

test('an archive of more than 10 MB comes whole, in UTF-8 from any encoding', async () => {
  await using database = await freshDatabase(await server(17), {
    with: `template template0 encoding 'LATIN1' locale 'C'`,
  })
  const body = 'é'.repeat(200_000)
  await database.query(`do $do$ begin
    for i in 1..60 loop
      execute format('create function f%s() returns text language sql as $fn$ select %L::text $fn$', i, '${body}');
    end loop; end $do$`)
  const archive = await dump(database.url)
  const functions = archive.entries.filter(({ desc }) => desc === 'FUNCTION')
  expect(functions).toHaveLength(60)
  expect(functions.every(({ defn }) => defn.includes(`'${body}'`))).toBe(true)
})

test('a database with a name that needs every kind of quoting is dumped', async () => {
  const name = `od'd \\"=n ame %20`
  await using database = await freshDatabase(await server(17), { name })
  expect((await dump(database.url)).database).toBe(name)
})

test('statistics come as an archive of their own', async () => {
  await using database = await freshDatabase(await server(18))
  await database.query('create table counted as select i from generate_series(1, 1000) i')
  await database.query('analyze counted')
  const archive = await dump(database.url, { what: 'statistics' })
  const statistics = archive.entries.filter(({ desc }) => desc === 'STATISTICS DATA')
  expect(statistics.map(({ tag }) => tag)).toEqual(['counted'])
  expect(statistics[0]?.defn).toContain('pg_restore_attribute_stats')
})

test('what pg_dump warns of is passed on, line by line', async () => {
  const on = await server(17)
  await using database = await freshDatabase(on)
  await database.query(`create subscription s connection 'host=192.0.2.1' publication p with (connect = false)`)
  await database.query(`alter subscription s set (slot_name = none)`)
  await database.query(`create role no_superuser login`)
  const warnings: string[] = []
  await dump(database.urlFor('no_superuser'), { onWarning: (line) => warnings.push(line) })
  await database.query('drop role no_superuser')
  await database.query('drop subscription s')
  expect(warnings).toEqual([expect.stringMatching(/^pg_dump: warning: subscriptions not dumped/)])
})
