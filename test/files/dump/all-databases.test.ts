import { readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { chooseDatabases } from '../../../src/files/dump/choose-databases.ts'
import { dump } from '../../../src/files/dump/dump.ts'
import { resolveProvider, selfManaged } from '../../../src/provider/index.ts'
import { queryOnce, startServer, type OwnServer } from '../../kit/index.ts'
import { scratch } from './support.ts'

let server: OwnServer
beforeAll(async () => {
  server = await startServer({ major: 16 })
  await queryOnce(server.url(), `create role shop_owner login password 'hunter2'`)
  for (const name of ['shop', 'Odd.name', 'closed']) await queryOnce(server.url(), `create database "${name}"`)
  await queryOnce(server.url('shop'), 'create table t as select generate_series(1, 10) as i')
  await queryOnce(server.url('Odd.name'), 'create table t as select 1 as i')
  await queryOnce(server.url(), 'alter database closed allow_connections false')
})
afterAll(() => server[Symbol.asyncDispose]())

test('all databases of a server go into one folder, with the roles, and what is unfinished is gone on with', async () => {
  await using folder = await scratch()
  const to = folder.path('server')
  const options = { source: server.url(), to, databases: 'all', jobs: 2 } as const
  const report = await dump(options)
  expect(report.databases.map(({ database, to: path }) => [database, path])).toEqual([
    ['Odd.name', `${to}/databases/Odd%2ename`],
    ['shop', `${to}/databases/shop`],
  ])
  expect(Object.fromEntries(report.leftOut.map((one) => [one.database, one.reason]))).toEqual({
    closed: 'no-connections',
    postgres: 'empty',
    template0: 'template',
    template1: 'template',
  })
  expect(readdirSync(to).toSorted()).toEqual(['databases', 'pgleap-roles.json', 'pgleap-server.json', 'roles.sql'])
  const roles = readFileSync(`${to}/roles.sql`, 'utf8')
  expect(roles).toMatch(/CREATE ROLE "shop_owner".*LOGIN/)
  expect(roles).toContain('SCRAM-SHA-256$')
  for (const file of ['roles.sql', 'pgleap-roles.json']) expect(statSync(`${to}/${file}`).mode & 0o77).toBe(0)
  expect(JSON.stringify(report)).not.toContain('SCRAM')
  expect(JSON.parse(readFileSync(`${to}/pgleap-server.json`, 'utf8'))).toMatchObject({
    roles: 'roles.sql',
    databases: [{ database: 'Odd.name', path: 'databases/Odd%2ename' }, { database: 'shop' }],
  })

  await expect(dump(options)).rejects.toMatchObject({ code: 'archive.exists' })
  rmSync(`${to}/databases/shop`, { recursive: true })
  const again = await dump({ ...options, resume: 'resume' })
  expect(again.databases.map(({ database, kept }) => [database, kept])).toEqual([
    ['Odd.name', 1],
    ['shop', 0],
  ])
  expect(readdirSync(`${to}/databases/shop`)).toContain('toc.dat')
})

test('a database that cannot be dumped stops no other, and the folder does not look whole', async () => {
  await using folder = await scratch()
  await queryOnce(server.url(), 'create role reader login; grant pg_read_all_data to reader')
  await queryOnce(server.url(), 'revoke connect on database shop from public')
  const to = folder.path('server')
  const source = server.url('postgres', 'reader')
  const report = await dump({ source, to, databases: 'all', format: 'custom', excludeDatabases: ['closed'] })
  expect(report.databases.map(({ database }) => database)).toEqual(['Odd.name'])
  expect(report.failed).toMatchObject([{ database: 'shop', code: expect.stringMatching(/^(?:connect|source)\./) }])
  expect(report.notices.map(({ code }) => code)).toContain('dump.database-failed')
  expect(readdirSync(to).toSorted()).toEqual(['databases', 'pgleap-roles.json', 'roles.sql'])
  expect(readdirSync(`${to}/databases`).toSorted()).toEqual(['Odd%2ename.dump', 'Odd%2ename.dump.manifest.json'])
})

test('a choice of tables does not go with all databases', async () => {
  await expect(dump({ source: server.url(), to: '/nowhere', databases: 'all', include: ['t'] })).rejects.toMatchObject({
    code: 'usage.option',
  })
})

function database(name: string, more: object = {}) {
  return { name, is_template: false, allows_connections: true, is_broken: false, bytes: 1, ...more }
}

test('names choose databases, and each that stays behind has its reason', async () => {
  const all = [database('a'), database('ab'), database('rdsadmin'), database('gone', { is_broken: true })]
  const of = (include: string[], exclude: string[], provider = selfManaged) => {
    const { chosen, leftOut } = chooseDatabases(all, { provider, include, exclude })
    return [chosen.map(({ name }) => name), leftOut.map(({ reason }) => reason)]
  }
  expect(of([], [])).toEqual([['a', 'ab', 'rdsadmin'], ['broken']])
  expect(of(['a*'], ['?b'])).toEqual([['a'], ['excluded', 'excluded', 'excluded']])
  expect(of([], [], await resolveProvider('rds'))).toEqual([
    ['a', 'ab'],
    ['reserved', 'broken'],
  ])
  expect(() => of(['A'], [])).toThrow('matches no database')
})
