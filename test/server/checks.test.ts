import { expect, test } from 'vitest'
import { migrateServer } from '../../src/index.ts'
import { queryOnce, startServer } from '../kit/index.ts'
import { expectRefusal } from '../migrate/support.ts'

test('what is about the servers is checked once, before anything is made, and the rest in every database', async () => {
  await using source = await startServer({ major: 14, settings: { log_statement: 'all' } })
  await using target = await startServer({ major: 17 })
  for (const name of ['one', 'two', 'three']) {
    await queryOnce(source.url(), `create database ${name}`)
    await queryOnce(source.url(name), 'create table t (id int primary key)')
  }
  const ends = { source: source.url(), target: target.url() }
  const databases = () => queryOnce(target.url(), 'select datname::text from pg_database where not datistemplate')
  await expectRefusal(migrateServer({ ...ends, skipChecks: ['O99'] }), 'usage.check-id', 'usage')
  expect(await databases()).toHaveLength(1)

  const notices: unknown[] = []
  const onEvent = (event: { type: string; code?: string; database?: string }) =>
    event.type === 'notice' && event.code === 'check.summary' ? notices.push(event.database) : undefined
  await queryOnce(source.url(), `select pg_create_physical_replication_slot('left_behind')`)
  const report = await migrateServer({ ...ends, onEvent })
  expect(report.databases.map(({ state }) => state)).toEqual(['done', 'done', 'done'])
  // S04, of the slot.
  expect(notices).toContain(undefined)

  // The first lines of P01's and S16's queries.
  const asked = (line: string) => source.log().split(line).length - 1
  expect(asked('Every parameter that this user may see')).toBe(1)
  expect(asked('The tables that a run locks at once')).toBe(3)
})
