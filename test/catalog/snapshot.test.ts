import { describe, expect, test } from 'vitest'
import { SourceSnapshot, readWriteCounters, writesBetween } from '../../src/catalog/index.ts'
import type { Session } from '../../src/connection/index.ts'
import { type FreshDatabase, type Major, type Server, freshDatabase, server, startServer } from '../kit/index.ts'
import { open } from './sessions.ts'

const opener = (database: FreshDatabase) => () => open(database.url)

/** No autovacuum: what it writes would count as a write, as it should, but not in a test that wants none. */
const QUIET = { autovacuum: 'off' }

async function withTable(where: Major | Server): Promise<FreshDatabase> {
  const database = await freshDatabase(typeof where === 'number' ? await server(where) : where)
  await database.query('CREATE TABLE public.t AS SELECT 1 AS id')
  return database
}

async function ids(session: Session): Promise<number[]> {
  return (await session.query<{ id: number }>('SELECT id FROM public.t ORDER BY id')).map(({ id }) => id)
}

/** Ends a session from outside, and waits until it knows. */
async function kill(database: FreshDatabase, session: Session): Promise<void> {
  await database.query('SELECT pg_terminate_backend($1)', [session.pid])
  await session.query('SELECT 1').catch(() => undefined)
  expect(session.broken).toBe(true)
}

describe('a snapshot of the source', () => {
  test.for<Major>([13, 14, 17, 18])(
    'shows one moment to every reader, whatever is written meanwhile, on %i',
    async (major) => {
      await using database = await withTable(major)
      await using snapshot = await SourceSnapshot.take(opener(database))
      expect(snapshot.continuity).toBe('first')
      await database.query('INSERT INTO public.t VALUES (2)')
      await using one = await snapshot.openReader()
      await using two = await snapshot.openReader()
      expect([await ids(snapshot.keeper), await ids(one), await ids(two)]).toEqual([[1], [1], [1]])
      await expect(one.script('CREATE TABLE public.x ()')).rejects.toMatchObject({ server: { sqlstate: '25006' } })
    },
  )

  test('takes a reader back in whose transaction failed', async () => {
    await using database = await withTable(14)
    await using snapshot = await SourceSnapshot.take(opener(database))
    await database.query('INSERT INTO public.t VALUES (2)')
    await using reader = await snapshot.openReader()
    await expect(reader.query('SELECT 1 / 0')).rejects.toMatchObject({ server: { sqlstate: '22012' } })
    await snapshot.rejoin(reader)
    expect(await ids(reader)).toEqual([1])
  })

  test.for<Major>([14, 17])(
    'lives on in a reader when the keeper is lost, and gets a new keeper, on %i',
    async (major) => {
      await using database = await withTable(major)
      const keepers: number[] = []
      const onKeeper = async (keeper: Session): Promise<void> => {
        keepers.push(keeper.pid)
        await keeper.script('LOCK TABLE public.t IN ACCESS SHARE MODE')
      }
      await using snapshot = await SourceSnapshot.take(opener(database), { onKeeper })
      await using reader = await snapshot.openReader()
      await database.query('INSERT INTO public.t VALUES (2)')
      await kill(database, snapshot.keeper)
      const [one, two] = await Promise.all([snapshot.openReader(), snapshot.openReader()])
      await reader.close()
      await one.close()
      await two.close()
      await using late = await snapshot.openReader()
      expect(await ids(late)).toEqual([1])
      expect(keepers).toHaveLength(2)
      expect(new Set(keepers)).toContain(snapshot.keeper.pid)
    },
  )

  test('lives on in a reader when the server has ended the keeper unseen', async () => {
    await using database = await withTable(17)
    await using snapshot = await SourceSnapshot.take(opener(database))
    await using reader = await snapshot.openReader()
    await database.query('INSERT INTO public.t VALUES (2)')
    // The keeper's transaction is over, but its connection stands: its exported snapshot is not there any more.
    await snapshot.keeper.script('ROLLBACK')
    await using late = await snapshot.openReader()
    expect([await ids(reader), await ids(late)]).toEqual([[1], [1]])
  })

  test('goes on when all are lost and nothing was written', async () => {
    await using quiet = await startServer({ major: 14, settings: QUIET })
    await using database = await withTable(quiet)
    await using snapshot = await SourceSnapshot.take(opener(database))
    await kill(database, snapshot.keeper)
    await using reader = await snapshot.openReader()
    expect(await ids(reader)).toEqual([1])
  })

  test('goes on when its end was not noticed and nothing was written, and is lost otherwise', async () => {
    await using quiet = await startServer({ major: 17, settings: QUIET })
    await using database = await withTable(quiet)
    await using snapshot = await SourceSnapshot.take(opener(database))
    await snapshot.keeper.script('ROLLBACK')
    await using reader = await snapshot.openReader()
    expect(await ids(reader)).toEqual([1])
    await reader.script('ROLLBACK')
    await snapshot.keeper.script('ROLLBACK')
    await database.query('INSERT INTO public.t VALUES (2)')
    await expect(snapshot.openReader()).rejects.toMatchObject({ code: 'snapshot.lost' })
  })

  test('is lost when all are lost and something was written', async () => {
    await using database = await withTable(14)
    await using snapshot = await SourceSnapshot.take(opener(database))
    const reader = await snapshot.openReader()
    await kill(database, snapshot.keeper)
    await kill(database, reader)
    await database.query('INSERT INTO public.t VALUES (2)')
    const error = { code: 'snapshot.lost', party: 'source' }
    await expect(snapshot.openReader()).rejects.toMatchObject(error)
    await expect(snapshot.openReader()).rejects.toMatchObject({
      ...error,
      hint: expect.stringMatching(/--allow-new-snapshot/),
    })
  })

  test('is the same for a later process exactly when nothing was written in between', async () => {
    await using quiet = await startServer({ major: 14, settings: QUIET })
    await using database = await withTable(quiet)
    const first = await SourceSnapshot.take(opener(database))
    const earlier = first.identity
    await first[Symbol.asyncDispose]()

    const second = await SourceSnapshot.take(opener(database), { earlier })
    expect([second.continuity, second.identity]).toEqual(['same', earlier])
    await second[Symbol.asyncDispose]()

    await database.query('UPDATE public.t SET id = 1')
    await expect(SourceSnapshot.take(opener(database), { earlier })).rejects.toMatchObject({ code: 'snapshot.lost' })
    const third = await SourceSnapshot.take(opener(database), { earlier, whenLost: 'replace' })
    expect(third.continuity).toBe('new')
    expect(third.identity).not.toBe(earlier)
    await third[Symbol.asyncDispose]()
  })

  test('is not the same when a transaction of then has ended since', async () => {
    await using database = await withTable(14)
    await using writer = await open(database.url)
    await writer.script('BEGIN; INSERT INTO public.t VALUES (2)')
    const first = await SourceSnapshot.take(opener(database))
    await first[Symbol.asyncDispose]()
    await writer.script('COMMIT')
    const again = SourceSnapshot.take(opener(database), { earlier: first.identity })
    await expect(again).rejects.toMatchObject({ code: 'snapshot.lost' })
  })

  test('is not the same after a crash that has emptied unlogged tables, and is after one that had none to empty', async () => {
    await using own = await startServer({ major: 17, settings: QUIET })
    const opening = () => open(own.url())
    const identityNow = async (): Promise<string> => {
      await using snapshot = await SourceSnapshot.take(opening)
      return snapshot.identity
    }
    const earlier = await identityNow()
    await own.kill()
    await own.start()
    await using same = await SourceSnapshot.take(opening, { earlier })
    expect(same.continuity).toBe('same')
    await same.keeper.script('ROLLBACK; CREATE UNLOGGED TABLE public.u AS SELECT 1 AS id; CHECKPOINT')
    const withUnlogged = await identityNow()
    await own.kill()
    await own.start()
    await expect(SourceSnapshot.take(opening, { earlier: withUnlogged })).rejects.toMatchObject({
      code: 'snapshot.lost',
    })
  })

  test('leaves no session behind when it cannot be made', async () => {
    await using database = await withTable(14)
    const failing = SourceSnapshot.take(opener(database), { onKeeper: () => Promise.reject(new Error('no')) })
    await expect(failing).rejects.toThrow('no')
  })
})

describe('writes to the source', () => {
  test('are noticed and named', async () => {
    await using quiet = await startServer({ major: 17, settings: QUIET })
    await using database = await withTable(quiet)
    await database.query('CREATE TABLE public.quiet (id int)')
    await using session = await open(database.url)
    const before = await readWriteCounters(session)
    expect(writesBetween(before, await readWriteCounters(session))).toEqual({ found: 'none' })

    await database.query('INSERT INTO public.t VALUES (2), (3)')
    await expect
      .poll(async () => writesBetween(before, await readWriteCounters(session)))
      .toEqual({ found: 'tables', tables: [{ schema: 'public', name: 't', rows: 2 }] })
  })

  test('that no counter shows are not taken for none', async () => {
    await using database = await withTable(17)
    await using session = await open(database.url)
    const before = await readWriteCounters(session)
    await database.query('SELECT txid_current()')
    expect(writesBetween(before, await readWriteCounters(session))).toEqual({ found: 'unknown' })
  })

  test('are found after the counters were set back', () => {
    const table = { oid: 1, schema: 'public', name: 't' }
    const before = { snapshot: '1:1:', tables: [{ ...table, writes: 100 }] }
    const after = { snapshot: '9:9:', tables: [{ ...table, writes: 3 }] }
    expect(writesBetween(before, after)).toEqual({
      found: 'tables',
      tables: [{ schema: 'public', name: 't', rows: 3 }],
    })
  })
})
