import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { MAJORS, connectClient, freshDatabase, queryOnce, server, startServer } from './index.ts'

test.each(MAJORS)('the shared server of major %i answers over TCP and over its socket', async (major) => {
  const shared = await server(major)
  const [row] = await queryOnce<{ v: string }>(shared.url(), `select current_setting('server_version_num') as v`)
  expect(Math.floor(Number(row?.v) / 10_000)).toBe(major)
  const bySocket = `postgres://postgres@/postgres?host=${encodeURIComponent(shared.socketDir)}&port=${shared.port}`
  expect(await queryOnce(bySocket, `select inet_server_addr() as address`)).toEqual([{ address: null }])
})

test('a second request for a major gives the same server', async () => {
  expect((await server(17)).port).toBe((await server(17)).port)
})

test('a fresh database is gone after its block', async () => {
  const shared = await server(17)
  let name: string
  {
    await using database = await freshDatabase(shared)
    name = database.name
    await database.query('create table t (x int)')
  }
  expect(await queryOnce(shared.url(), 'select from pg_database where datname = $1', [name])).toEqual([])
})

test('a server of its own can be stopped, started, killed and started again, with its data', async () => {
  await using own = await startServer({ major: 14, settings: { work_mem: '7MB' } })
  await queryOnce(own.url(), 'create table t as select 1 as x')
  expect(await queryOnce(own.url(), 'show work_mem')).toEqual([{ work_mem: '7MB' }])
  await own.restart()
  expect(await queryOnce(own.url(), 'select x from t')).toEqual([{ x: 1 }])
  {
    await using client = await connectClient(own.url())
    const running = client.query('select pg_sleep(60)').then(
      () => 'finished',
      () => 'ended',
    )
    await own.kill()
    expect(await running).toBe('ended')
  }
  await expect(queryOnce(own.url(), 'select 1')).rejects.toMatchObject({ code: 'ECONNREFUSED' })
  await own.start()
  expect(await queryOnce(own.url(), 'select x from t')).toEqual([{ x: 1 }])
})

test('a server of its own leaves no folder and no port behind', async () => {
  const own = await startServer({ major: 18 })
  const folder = join(own.dataDir, '..')
  expect(existsSync(folder)).toBe(true)
  await own[Symbol.asyncDispose]()
  expect(existsSync(folder)).toBe(false)
  await expect(queryOnce(own.url(), 'select 1')).rejects.toMatchObject({ code: 'ECONNREFUSED' })
})

test('a server with a password lets nobody in without it', async () => {
  await using own = await startServer({ major: 16, password: 'se cret/1' })
  await expect(queryOnce(own.url(undefined, undefined, 'wrong'), 'select 1')).rejects.toMatchObject({ code: '28P01' })
  expect(await queryOnce(own.url(), 'select 1 as one')).toEqual([{ one: 1 }])
})

test('initdb takes further arguments', async () => {
  await using own = await startServer({ major: 15, initdbArgs: ['--data-checksums'] })
  expect(await queryOnce(own.url(), 'show data_checksums')).toEqual([{ data_checksums: 'on' }])
})
