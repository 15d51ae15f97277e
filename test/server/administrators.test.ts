import { expect, test } from 'vitest'
import { imitate, queryOnce, startServer } from '../kit/index.ts'
import { databasesOf, pgleap, run } from './support.ts'

test(
  'an administrator with CREATEROLE and CREATEDB alone brings a server over, and is told what could not come along',
  { timeout: 240_000 },
  async () => {
    await using source = await startServer({ major: 14 })
    await using target = await imitate('plain', 16)
    await run(
      source,
      'postgres',
      `create role app login password 'pw' connection limit 5`,
      'create role readers',
      'create role auditor superuser login',
      'grant readers to app with admin option',
      `alter role app set work_mem = '5MB'`,
      'create database shop owner app',
      'create database "Odd one" owner app',
      `alter role app in database shop set statement_timeout = '1min'`,
      `alter database shop set work_mem = '7MB'`,
      `comment on database shop is 'the shop'`,
      'grant connect on database shop to readers',
    )
    for (const name of ['shop', 'Odd one']) {
      await run(
        source,
        name,
        'set role app',
        'create schema sales',
        'create table sales.orders (id serial primary key, total numeric)',
        'insert into sales.orders (total) select i from generate_series(1, 100) i',
        'grant select on sales.orders to readers',
        'alter default privileges in schema sales grant select on tables to readers',
      )
    }
    const { code, result, stderr } = await pgleap([
      'migrate',
      '--all-databases',
      source.url(),
      target.adminUrl,
      '--role-map',
      `postgres=${target.admin}`,
      '--databases-at-once',
      '2',
    ])
    const failures = result?.databases.map(({ database, error, run: of, properties }) => {
      return { database, error, failures: of?.failures, differences: of?.differences, properties }
    })
    expect(failures, stderr).toEqual(
      ['Odd one', 'shop'].map((database) => {
        return { database, error: undefined, failures: [], differences: [], properties: [] }
      }),
    )
    expect({ code, verdict: result?.verdict }).toEqual({ code: 0, verdict: 'SAME' })
    expect(result?.roles.leftOut).toContainEqual(
      expect.objectContaining({ object: 'role auditor', reason: 'not-grantable' }),
    )
    expect(result?.roles.ownMemberships.length).toBeGreaterThan(0)
    expect(await databasesOf(target.server)).toEqual(['Odd one', 'postgres', 'shop'])
    expect(await queryOnce(target.server.url('shop'), 'select sum(total)::int as sum from sales.orders')).toEqual([
      { sum: 5050 },
    ])
    // What was granted to the administrator for it can be taken back by the administrator.
    for (const { undo } of result?.roles.ownMemberships ?? []) await queryOnce(target.adminUrl, undo)
  },
)
