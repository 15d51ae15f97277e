import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { abort, start, switchTo, type OnlineSwitchOptions } from '../../src/online/index.ts'
import { PgleapError } from '../../src/index.ts'
import type { Router } from '../../src/online/router.ts'
import { connectClient } from '../kit/index.ts'
import { killAt } from './load/kill.ts'
import { pairOf, write, type StreamingPair } from './pair.ts'

/** Does something when the pause begins, and notes when the application is let go. */
function inPause(work: () => Promise<unknown>): Router {
  return {
    name: 'a router',
    hold: async () => void (await work()),
    lead: async () => {},
    release: async () => {},
    [Symbol.asyncDispose]: async () => {},
  }
}

/** Which side a new session may write to. */
async function openSides({ source, target }: StreamingPair): Promise<string[]> {
  const open: string[] = []
  for (const [name, side] of Object.entries({ source, target })) {
    const [row] = await side.query<{ closed: string }>(
      `select current_setting('default_transaction_read_only') as closed`,
    )
    if (row?.closed === 'off') open.push(name)
  }
  return open
}

describe('what somebody does in the middle of a switch', { timeout: 300_000 }, () => {
  let pair: StreamingPair
  let ends: { source: string; target: string }

  beforeAll(async () => {
    pair = await pairOf(14, 17)
    await write(
      pair.source,
      `create table rest (id int primary key, v text check (v <> ''));
       create index rest_v on rest (v);
       insert into rest values (1, 'v');
       create view seen as select id from rest`,
    )
    ends = { source: pair.source.url, target: pair.target.url }
    await start(ends)
  }, 120_000)

  afterAll(() => pair[Symbol.asyncDispose](), 60_000)

  /** Why a cutover was refused, after which the source has to be open; taken back where it was not refused. */
  async function refusal(
    work: () => Promise<unknown>,
    undo: () => Promise<unknown>,
    options: Partial<OnlineSwitchOptions> = {},
  ): Promise<unknown> {
    let error: unknown
    try {
      await switchTo('target', { ...ends, routers: [inPause(work)], ...options })
    } catch (reason) {
      error = reason
    }
    const open = await openSides(pair)
    await undo()
    if (error === undefined) await switchTo('source', ends)
    expect(open, String(error)).toEqual(['source'])
    return error
  }

  test.each([
    ['an index dropped', 'drop index rest_v', 'create index rest_v on rest (v)'],
    [
      'a constraint dropped',
      'alter table rest drop constraint rest_v_check',
      `alter table rest add constraint rest_v_check check (v <> '')`,
    ],
    [
      'a trigger added',
      `create function stop() returns trigger language plpgsql as 'begin return null; end';
       create trigger stop before insert on rest for each row execute function stop()`,
      'drop function stop cascade',
    ],
    ['a view dropped', 'drop view seen', 'create view seen as select id from rest'],
  ])('is found on the side that is to open: %s', async (_what, sql, back) => {
    const { target } = pair
    const error = await refusal(
      () => write(target, sql),
      () => write(target, back),
    )
    expect(error).toMatchObject({ code: 'online.drift', party: 'target' })
  })

  /** Does something once the locks are taken, which the slot of the way back shows. */
  function onceLocked(work: () => Promise<unknown>): { begin: () => Promise<void>; done: () => Promise<unknown> } {
    let doing: Promise<unknown> = Promise.resolve()
    const wait = async () => {
      await using look = await connectClient(pair.target.server.url())
      const slot = `select from pg_replication_slots where slot_name like '%\\_back'`
      while ((await look.query(slot)).rows.length === 0);
      return await work()
    }
    return {
      begin: async () => {
        doing = wait()
      },
      done: () => doing,
    }
  }

  test('is found where the locks are gone', async () => {
    const { source } = pair
    const locker = `select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'pgleap: freeze' and datname = 'app'`
    const ending = onceLocked(async () => expect(await source.query(locker)).toHaveLength(1))
    expect(await refusal(ending.begin, ending.done)).toMatchObject({ code: 'connection.lost', party: 'source' })
  })

  test('is found where somebody lets writes go on', async () => {
    const { source } = pair
    const opening = onceLocked(() => write(source, 'alter database app reset default_transaction_read_only'))
    expect(await refusal(opening.begin, opening.done)).toMatchObject({ code: 'online.both-open', party: 'source' })
  })

  test('lets writes go on where the side that is to open is restarted', async () => {
    const { target } = pair
    const restarting = onceLocked(() => target.server.restart())
    expect(await refusal(restarting.begin, restarting.done)).toBeInstanceOf(PgleapError)
    expect(await target.query('select from pg_replication_slots')).toEqual([])
  })

  test('is not begun where a transaction on that server would keep it waiting', async () => {
    const { target } = pair
    await using other = await connectClient(target.server.url())
    await other.query('begin; create table long (); select pg_sleep(1.1)')
    let begun = 'not begun'
    const error = await refusal(
      async () => {
        begun = 'begun'
      },
      () => other.query('rollback'),
      { maxPauseMs: 1_500 },
    )
    expect(error).toMatchObject({ code: 'online.slot-blocked', party: 'target' })
    expect(begun).toBe('not begun')
  })

  test('is not begun where he has opened the side that follows, and closed the other', async () => {
    const { source, target } = pair
    await target.query('begin read write; alter database app reset default_transaction_read_only; commit')
    await source.query('alter database app set default_transaction_read_only = on')
    const failing = inPause(() => Promise.reject(new Error('the pause comes to nothing')))
    const error: unknown = await switchTo('target', { ...ends, routers: [failing] }).catch((reason: unknown) => reason)
    expect(await openSides(pair)).toEqual(['target'])
    expect(error).toMatchObject({ code: 'online.both-open', party: 'target' })
    await write(source, 'alter database app reset default_transaction_read_only')
    await target.query('alter database app set default_transaction_read_only = on')
  })

  test('does not need roles that are not there any more', async () => {
    const { source } = pair
    await source.query('create role passing login')
    const gone = inPause(() => source.query('drop role passing'))
    await switchTo('target', { ...ends, appRoles: ['passing'], routers: [gone] })
    await switchTo('source', ends)
    expect(await openSides(pair)).toEqual(['source'])
  })

  test('does not write large objects on the side that is closed, though an old server lets him in a read only session', async () => {
    const { source, target } = pair
    const objects = 'select count(*)::int as n from pg_largeobject_metadata'
    const writing = onceLocked(() => source.query('select lo_create(0)').catch(() => 'refused'))
    await using lazy = await connectClient(source.url)
    lazy.on('error', () => {})
    await lazy.query('begin; select lo_create(0)')
    await switchTo('target', { ...ends, graceMs: 200, routers: [inPause(writing.begin)] })
    await writing.done()
    await expect(lazy.query('commit')).rejects.toBeInstanceOf(Error)
    const counts = [await source.query(objects), await target.query(objects)]
    await switchTo('source', ends)
    expect(counts[0]).toEqual(counts[1])
  })

  test('does not find both sides closed where the old one was away for long', async () => {
    const { source } = pair
    const dying = onceLocked(async () => {
      await source.server.kill()
      await sleep(12_000)
      await source.server.start()
    })
    expect(await refusal(dying.begin, dying.done)).toBeInstanceOf(PgleapError)
  })

  test('leaves both sides as another process has left them, which went on when the sessions of this one were lost', async () => {
    const { source, target } = pair
    const ours = `select pg_terminate_backend(pid) from pg_stat_activity
      where application_name like 'pgleap: %' and datname = 'app' and pid <> pg_backend_pid()`
    let released = 'not released'
    const slept: Router = {
      ...inPause(async () => {
        for (const { query } of [source, target]) await query(ours)
        await switchTo('target', ends)
      }),
      release: async () => {
        released = 'released'
      },
    }
    const error: unknown = await switchTo('target', { ...ends, routers: [slept] }).catch((reason: unknown) => reason)
    expect(await openSides(pair), String(error)).toEqual(['target'])
    expect(error).toMatchObject({ code: 'online.taken-over', party: 'target' })
    expect(released).toBe('not released')
    // The way back is there as well.
    await switchTo('source', ends)
    expect(await openSides(pair)).toEqual(['source'])
  })

  test('keeps nobody out where a killed switch cannot be gone on with', async () => {
    const { source } = pair
    expect(await killAt({ step: 'freeze' }, 'target', ends)).toBe('SIGKILL')
    expect(await openSides(pair)).toEqual([])
    await write(source, 'alter table rest add column c int')
    const error = await refusal(
      async () => {},
      () => write(source, 'alter table rest drop column c'),
    )
    expect(error).toMatchObject({ code: 'online.drift', party: 'source' })

    // Nor does it cost a session that began once all was well again, where the next pause ends before it has closed anything.
    expect(await killAt({ step: 'freeze' }, 'target', ends)).toBe('SIGKILL')
    let begun: Awaited<ReturnType<typeof connectClient>> | undefined
    const failing = inPause(async () => {
      begun = await connectClient(ends.source)
      throw new Error('the pause comes to nothing')
    })
    await expect(switchTo('target', { ...ends, routers: [failing] })).rejects.toThrow('comes to nothing')
    await using app = begun
    expect((await app?.query('select 1 as n'))?.rows).toEqual([{ n: 1 }])
    await abort(ends)
  })
})
