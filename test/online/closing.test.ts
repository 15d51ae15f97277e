import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { abort, onlineStatus, start, switchTo } from '../../src/online/index.ts'
import type { Router } from '../../src/online/router.ts'
import { PgleapError, type Event } from '../../src/index.ts'
import { connectClient } from '../kit/index.ts'
import { pairOf, write, type StreamingPair } from './pair.ts'

/** Does something when the pause begins. */
function inPause(work: () => Promise<unknown>): Router {
  return {
    name: 'a router',
    hold: async () => void (await work()),
    lead: async () => {},
    release: async () => {},
    [Symbol.asyncDispose]: async () => {},
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

const SETTING = `select unnest(setconfig) as setting from pg_db_role_setting s
  join pg_database d on d.oid = s.setdatabase where datname = 'app' and setrole = 0`

describe('the closing of a side', { timeout: 300_000 }, () => {
  let pair: StreamingPair
  let ends: { source: string; target: string }

  beforeAll(async () => {
    pair = await pairOf(14, 17)
    ends = { source: pair.source.url, target: pair.target.url }
  }, 120_000)

  afterAll(() => pair[Symbol.asyncDispose](), 60_000)

  test('is refused by a start where the target is open to somebody whatever the database says', async () => {
    const { target } = pair
    await target.query(`create role "Free" login`)
    await target.query(`alter role "Free" set default_transaction_read_only = 'False'`)
    await target.query(`create role guarded login`)
    await target.query(`alter role guarded set default_transaction_read_only = off`)
    await target.query(`alter role guarded in database app set default_transaction_read_only = on`)
    const free = await refusal(start(ends))
    expect(free.code).toBe('online.not-ready')
    expect(free.message).toContain('writers  role Free on the target')
    expect(free.message).toContain('ALTER ROLE "Free" RESET default_transaction_read_only.')
    expect(free.message).not.toContain('guarded')

    // What the database says itself is what tells an open side from a closed one.
    await target.query('alter role postgres set default_transaction_read_only = off')
    await target.query('alter database app set default_transaction_read_only = on')
    const itself = await refusal(start({ ...ends, skipChecks: ['writers', 'S17'] }))
    expect(itself.message).toContain('read-only  database app of the target')
    await target.query('alter database app reset default_transaction_read_only')
    await target.query('alter role postgres reset default_transaction_read_only')
  })

  test('is refused by a cutover where the source would stay open to somebody, until he is shut out or accepted', async () => {
    const { source, target } = pair
    await source.query(`alter database app set default_transaction_read_only = 'Off'`)
    await target.query(`alter database app set default_transaction_read_only = 'no'`)
    for (const { query } of [source, target]) await query('create role keen login')
    await source.query('alter role keen in database app set default_transaction_read_only = off')
    await write(
      source,
      `create subscription other connection 'host=127.0.0.1 port=1' publication p with (connect = false)`,
    )
    await write(source, 'alter subscription other enable')
    const told: Event[] = []
    await start({ ...ends, skipChecks: ['writers'], onEvent: (event) => told.push(event) })
    expect(told).toContainEqual(
      expect.objectContaining({
        code: 'online.open-to',
        message:
          'The cutover cannot close the source to role keen, which has default_transaction_read_only = off of its own; subscription other, which brings rows from another server.',
      }),
    )
    expect(told).toContainEqual(
      expect.objectContaining({
        code: 'online.open-to',
        message:
          'The target is closed, but not to role keen, which has default_transaction_read_only = off of its own.',
      }),
    )
    const report = await onlineStatus(ends)
    expect(report).toMatchObject({
      blocks: expect.arrayContaining([
        { what: expect.stringContaining('role keen'), hint: expect.stringContaining('--app-role keen') },
        { what: expect.stringContaining('subscription other'), hint: expect.stringContaining('DISABLE') },
      ]),
    })
    const refused = await refusal(switchTo('target', { ...ends, appRoles: ['keen'] }))
    expect(refused).toMatchObject({ code: 'online.writers', party: 'source' })
    expect(refused.message).toContain('subscription other')
    expect(refused.message).not.toContain('keen')
    await switchTo('target', { ...ends, rehearse: 'rehearse', appRoles: ['keen'], acceptWriters: ['other'] })
    // Nobody was kept out for good, and what was accepted is remembered.
    expect(await source.query(`select rolcanlogin from pg_roles where rolname = 'keen'`)).toEqual([
      { rolcanlogin: true },
    ])
    expect((await refusal(switchTo('target', ends))).message).not.toContain('subscription other')
    await write(source, 'alter subscription other disable')
    await source.query('alter role keen in database app reset default_transaction_read_only')
  })

  test('notices what somebody writes to the passive side up to its opening', async () => {
    const { target } = pair
    const byForeigner = inPause(() => write(target, `insert into item values (9000, 'not of the stream')`))
    const found = await refusal(switchTo('target', { ...ends, routers: [byForeigner] }))
    expect(found).toMatchObject({ code: 'online.different', party: 'difference' })
    expect(found.message).toContain('public.item')
    await write(target, 'delete from item where id = 9000')

    // What he has not committed by then he never will, and nobody waits for him.
    await using open = await connectClient(ends.target)
    open.on('error', () => {})
    const openTransaction = inPause(async () => {
      await open.query('set default_transaction_read_only = off')
      await open.query(`begin; insert into item values (9001, 'not of the stream')`)
    })
    await switchTo('target', { ...ends, routers: [openTransaction] })
    await expect(open.query('commit')).rejects.toBeInstanceOf(Error)
    expect(await target.query('select from item where id = 9001')).toEqual([])
  })

  test('is taken back to what the database said before, in its own words', async () => {
    const { source, target } = pair
    expect(await source.query(SETTING)).toEqual([{ setting: 'default_transaction_read_only=on' }])
    expect(await target.query(SETTING)).toEqual([{ setting: 'default_transaction_read_only=no' }])
    // The role's setting came with the copy.
    expect((await refusal(switchTo('source', ends))).code).toBe('online.writers')
    await switchTo('source', { ...ends, appRoles: ['keen'] })
    const mayLogIn = `select rolcanlogin as login from pg_roles where rolname = 'keen'`
    expect(await target.query(mayLogIn)).toEqual([{ login: false }])
    expect(await source.query(SETTING)).toEqual([{ setting: 'default_transaction_read_only=Off' }])
    expect(await target.query(SETTING)).toEqual([{ setting: 'default_transaction_read_only=on' }])
    await abort(ends)
    expect(await target.query(mayLogIn)).toEqual([{ login: true }])
    expect(await source.query(SETTING)).toEqual([{ setting: 'default_transaction_read_only=Off' }])
    expect(await target.query(SETTING)).toEqual([{ setting: 'default_transaction_read_only=no' }])
  })
})
