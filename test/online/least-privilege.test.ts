import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { finish, onlineStatus, start, switchTo, watchOnline } from '../../src/online/index.ts'
import { PgleapError, type Event } from '../../src/index.ts'
import {
  connectClient,
  freshDatabase,
  queryOnce,
  startServer,
  type FreshDatabase,
  type OwnServer,
} from '../kit/index.ts'
import { write } from './pair.ts'
import { until } from './until.ts'

/** All that docs/online.md asks for, on either side, and no superuser anywhere. */
const RIGHTS = `
  create role mover login replication password 'mover';
  grant pg_signal_backend, pg_read_all_stats, pg_create_subscription to mover;
  create role app login password 'app'`

const TABLES = `
  create table item (id int primary key, v text);
  create table note (v text);
  create table tag (name text not null, n int);
  create unique index tag_name on tag (name);
  create sequence counter;
  insert into item select i, 'v' from generate_series(1, 100) i;
  insert into note values ('one');
  insert into tag values ('a', 1);
  grant all on all tables in schema public to app;
  grant all on all sequences in schema public to app;
  select lo_create(4711)`

let old: OwnServer
let young: OwnServer
beforeAll(async () => {
  old = await startServer({ major: 16, password: 'secret' })
  young = await startServer({ major: 17, password: 'secret' })
  await using source = await connectClient(old.url())
  await source.query(RIGHTS)
  await using target = await connectClient(young.url())
  await target.query(RIGHTS)
}, 120_000)
afterAll(async () => {
  await old[Symbol.asyncDispose]()
  await young[Symbol.asyncDispose]()
})

/** By a superuser, in another database: those of the pair are closed. */
async function onBoth(sql: string): Promise<void> {
  for (const server of [old, young]) await queryOnce(server.url(), sql)
}

const as = (database: FreshDatabase, role: string) => database.urlFor(role, role)

async function pair() {
  const source = await freshDatabase(old, { owner: 'mover' })
  const target = await freshDatabase(young, { owner: 'mover' })
  await using mover = await connectClient(as(source, 'mover'))
  await mover.query(TABLES)
  return {
    source,
    target,
    ends: { source: as(source, 'mover'), target: as(target, 'mover') },
    app: { source: as(source, 'app'), target: as(target, 'app') },
  }
}

async function refusal(work: Promise<unknown>): Promise<PgleapError> {
  const error: unknown = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  )
  if (error instanceof PgleapError) return error
  throw new Error('it was not refused', { cause: error })
}

/** The application's session, which a pool would keep for long. */
async function session(url: string) {
  const client = await connectClient(url)
  client.on('error', () => {})
  return client
}

describe('a role that is no superuser', { timeout: 300_000 }, () => {
  test('starts, cuts over, rolls back, cuts over again and finishes', async () => {
    const { source, target, ends, app } = await pair()
    await start(ends)
    expect(await onlineStatus(ends)).toMatchObject({ state: 'under way', blocks: [] })

    // A watch sees as much, but for the reason of an error, which is in the server's log.
    const events: Event[] = []
    const stop = new AbortController()
    const watch = watchOnline({ ...ends, everyMs: 200, signal: stop.signal, onEvent: (event) => events.push(event) })
    await until(async () => expect(events.map(({ type }) => type)).toContain('online-sample'))
    expect(events.filter(({ type }) => type === 'notice')).toEqual([])
    await write(target, `insert into item values (500, 'in the way')`)
    await source.query(`insert into item values (500, 'a')`)
    await until(async () =>
      expect(events).toContainEqual(
        expect.objectContaining({ code: 'online.apply-error', hint: expect.stringContaining("in that server's log") }),
      ),
    )
    await write(target, 'delete from item where id = 500')
    await until(async () => expect(await target.query('select v from item where id = 500')).toEqual([{ v: 'a' }]))
    stop.abort()
    expect(await watch).toEqual({ ended: 'stopped' })

    await using onSource = await session(app.source)
    await onSource.query(`insert into item values (1000, 'there')`)
    await switchTo('target', ends)
    // It was another role's, and was ended all the same.
    await expect(onSource.query(`insert into item values (1001, 'lost')`)).rejects.toBeInstanceOf(Error)
    await using onTarget = await session(app.target)
    await onTarget.query(
      `insert into item values (1002, 'back'); insert into note values ('two'); select nextval('counter')`,
    )
    await onTarget.query(`update tag set n = 2`)
    await switchTo('source', ends)
    await expect(onTarget.query(`insert into item values (1003, 'lost')`)).rejects.toBeInstanceOf(Error)
    expect(
      await source.query(
        `select (select array_agg(id order by id) from item where id >= 1000) as items, (select count(*)::int from note) as notes, (select n from tag) as n`,
      ),
    ).toEqual([{ items: [1000, 1002], notes: 2, n: 2 }])
    await switchTo('target', ends)
    const report = await finish(ends)
    expect(report).toMatchObject({ kept: 'target', closed: ['source'], byHand: [] })
    expect(await onlineStatus(ends)).toMatchObject({ state: 'none', leftovers: [{ side: 'source', kind: 'guard' }] })
    expect(await target.query('select count(*)::int as n from item')).toEqual([{ n: 103 }])
  })

  test('is refused where sessions of superusers are open, which it may not end', async () => {
    const { source, ends } = await pair()
    await start({ ...ends, until: 'streaming' })
    {
      await using other = await session(source.url)
      const refused = await refusal(switchTo('target', ends))
      expect(refused).toMatchObject({ code: 'online.cannot-end', party: 'source' })
      expect(refused.message).toMatch(/server process \d+ of postgres/u)
      await other.query('select 1')
      await switchTo('target', { ...ends, rehearse: 'rehearse', acceptWriters: ['postgres'] })
      await other.query('select 1')
    }
    await switchTo('target', ends)
    await finish(ends)
  })

  test('is told before the start, and before the freeze, what its copies in the pause would set off', async () => {
    const { ends } = await pair()
    await using mover = await connectClient(ends.source)
    await mover.query(`create function noted() returns trigger language plpgsql as 'begin return new; end'`)
    await mover.query('create trigger noted after insert on note for each row execute function noted()')
    await mover.query(
      `create table parent (code text unique); create table child (id int primary key, code text references parent (code))`,
    )
    const early = await refusal(start(ends))
    expect(early.code).toBe('online.not-ready')
    expect(early.message).toContain('paused-triggers  role mover on the target')
    expect(early.message).toContain('paused-triggers  role mover on the source')
    expect(early.message).toContain(
      'public.note (trigger noted); public.parent (foreign key child_code_fkey of public.child)',
    )
    expect(early.message).toContain('GRANT SET ON PARAMETER session_replication_role TO "mover"')

    await start({ ...ends, skipChecks: ['paused-triggers'] })
    const late = await refusal(switchTo('target', ends))
    expect(late).toMatchObject({ code: 'online.copy-fires', party: 'target' })
    expect(late.message).toContain('public.note (trigger noted)')
    await onBoth('grant set on parameter session_replication_role to mover')
    await switchTo('target', ends)
    await onBoth('revoke set on parameter session_replication_role from mover')
    await finish(ends)
  })

  test('is told before the start that large objects of others cannot be replaced', async () => {
    const { source, ends } = await pair()
    await source.query(`select lo_create(815)`)
    const refused = await refusal(start({ ...ends, skipChecks: ['R12'] }))
    expect(refused.message).toContain('large-objects  2 large objects')
    expect(refused.message).toContain('mover may not read 1 of them on the source')
    expect(refused.message).toContain('mover has not the rights of their owners on the target (postgres)')
  })
})
