import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  type Step,
  clearFailures,
  createLedger,
  doneSql,
  dropLedger,
  exportLedger,
  flushLedger,
  invalidate,
  openLedger,
  readDone,
  readProgress,
  recordFailures,
  updateRun,
} from '../../src/engine/index.ts'
import { freshRole, server } from '../kit/index.ts'
import { step } from './steps.ts'
import { MAJOR, RUN, openSession, startRun, withTarget } from './target.ts'

const STEPS = [
  step(1, { table: 'public.a', bytes: 12.5, cost: 0.1, batch: 'copy', locks: [{ object: 'table:1', mode: 'shared' }] }),
  step(2, { dependsOn: [1], after: [1], stage: 1, work: `it's "quoted" \\ and ünïcode` }),
  step(3, { kind: 'index', stage: 1 }),
]

describe('what a run has written', () => {
  test('a ledger comes back as it was made, and there is none before', () =>
    withTarget(async (_, session) => {
      expect(await openLedger(session)).toBeUndefined()
      expect(await readProgress(session)).toBeUndefined()
      const made = await createLedger(session, { run: RUN, steps: STEPS })
      expect(await openLedger(session)).toEqual(made)
      expect(made.run).toMatchObject({ ...RUN, state: 'running' })
    }))

  test('any work that JSON can hold comes back, numbers to the last digit', () =>
    withTarget(async (_, session) => {
      const json = fc.jsonValue({ maxDepth: 2, stringUnit: 'grapheme' }).filter((value) => !hasNul(value))
      const numbers = fc.double({ noNaN: true, noDefaultInfinity: true, min: 0 })
      const steps: Step[] = fc
        .sample(fc.record({ work: fc.record({ json }), cost: numbers, bytes: numbers }), 300)
        .map((fields, at) => ({ ...step(at + 1), ...fields }))
      const made = await createLedger(session, { run: RUN, steps })
      expect((await openLedger(session))?.steps).toEqual(JSON.parse(JSON.stringify(made.steps)))
    }))

  test('sixty thousand steps are written and read', () =>
    withTarget(async (_, session) => {
      const work = 'x'.repeat(300)
      const steps = Array.from({ length: 60_000 }, (_, at) => step(at + 1, { dependsOn: at === 0 ? [] : [at], work }))
      await startRun(session, steps)
      expect((await openLedger(session))?.steps.at(-1)).toEqual(steps.at(-1))
    }))

  test('done steps, failures, progress and export tell one story', () =>
    withTarget(async (_, session) => {
      const { run } = await startRun(session, STEPS)
      await session.script(`BEGIN; ${doneSql(run.id, [{ step: 1, bytes: 5_000_000_000, rows: 7 }])}; COMMIT`)
      await recordFailures(session, [{ step: 2, code: 'target.refused', sqlstate: '42P01', message: 'first' }])
      await recordFailures(session, [
        { step: 2, code: 'target.refused', sqlstate: '42P01', message: 'second', hint: 'look' },
        { step: 1, code: 'x.y', message: 'was overtaken' },
      ])
      await updateRun(session, { state: 'partial' })
      const failures = [{ step: 2, code: 'target.refused', sqlstate: '42P01', message: 'second', hint: 'look' }]
      expect(await openLedger(session)).toMatchObject({ run: { state: 'partial' }, failures })
      expect(await readDone(session, [1, 2])).toEqual(
        new Map([[1, expect.objectContaining({ step: 1, bytes: 5_000_000_000, rows: 7 })]]),
      )
      expect(await readProgress(session)).toMatchObject({
        workedOnBy: undefined,
        steps: 3,
        done: 1,
        kinds: [
          { kind: 'test', steps: 2, done: 1, bytes: 12.5, bytesDone: 5_000_000_000 },
          { kind: 'index', steps: 1, done: 0, bytes: 0, bytesDone: 0 },
        ],
        failures,
        lastDoneAt: expect.any(Date),
      })
      const exported = await exportLedger(session)
      expect(exported.steps).toMatchObject([
        { id: 1, table: 'public.a', bytes: 12.5, done: { bytes: 5_000_000_000, rows: 7 } },
        { id: 2, failure: { message: 'second' } },
        { id: 3 },
      ])
      expect(exported.steps[0]).not.toHaveProperty('failure')

      await clearFailures(session)
      await session.script('BEGIN')
      await invalidate(session, [1, 3])
      await session.script('COMMIT')
      await flushLedger(session)
      expect(await openLedger(session)).toMatchObject({ done: new Map(), failures: [], run: { state: 'partial' } })
    }))

  test('a step that is done cannot be done again', () =>
    withTarget(async (_, session) => {
      const { run } = await startRun(session, STEPS)
      const twice = doneSql(run.id, [{ step: 1, bytes: 0, rows: 0 }])
      await session.script(twice)
      await expect(session.script(twice)).rejects.toMatchObject({ server: { sqlstate: '23505' } })
    }))

  test('nobody but its owner reads the ledger', () =>
    withTarget(async (database, session) => {
      await using role = await freshRole(await server(MAJOR))
      await startRun(session, STEPS)
      await using other = await openSession(database.urlFor(role.name))
      await expect(openLedger(other)).rejects.toMatchObject({ server: { sqlstate: '42501' } })
      expect(await other.query(`SELECT FROM pg_namespace WHERE nspname = 'pgleap'`)).toHaveLength(1)
    }))
})

describe('a ledger that cannot be trusted', () => {
  test.each([
    ['a missing table', 'DROP TABLE pgleap.done'],
    ['a missing column', 'ALTER TABLE pgleap.step DROP COLUMN locks'],
    ['no format', 'DROP TABLE pgleap.format'],
    ['another format', 'UPDATE pgleap.format SET version = 99'],
    ['two formats', 'INSERT INTO pgleap.format VALUES (1)'],
    ['no run', 'DELETE FROM pgleap.run'],
    ['a missing step', 'DELETE FROM pgleap.step WHERE id = 2'],
    ['a missing last step', 'DELETE FROM pgleap.step WHERE id = 3'],
    ['a changed step', `UPDATE pgleap.step SET work = '"DROP TABLE users"' WHERE id = 3`],
    [
      'an additional step',
      `INSERT INTO pgleap.step SELECT (s).* FROM (SELECT jsonb_populate_record(step, '{"id": 4}') AS s
      FROM pgleap.step WHERE id = 3) t`,
    ],
    ['a step done that it does not have', `INSERT INTO pgleap.done VALUES (9, gen_random_uuid(), now(), 0, 0, 0)`],
  ])('is refused: %s', (_, damage) =>
    withTarget(async (_, session) => {
      await startRun(session, STEPS)
      await session.script(damage)
      await expect(openLedger(session)).rejects.toMatchObject({
        code: 'ledger.damaged',
        party: 'target',
        hint: expect.any(String),
      })
    }),
  )
})

describe('the schema pgleap', () => {
  test('of a user is refused by all that would touch it, and stays', () =>
    withTarget(async (_, session) => {
      await session.script('CREATE SCHEMA pgleap; CREATE TABLE pgleap.mine ()')
      const refused = { code: 'ledger.foreign-schema', party: 'target' }
      await expect(createLedger(session, { run: RUN, steps: STEPS })).rejects.toMatchObject(refused)
      await expect(openLedger(session)).rejects.toMatchObject(refused)
      await expect(readProgress(session)).rejects.toMatchObject(refused)
      await expect(dropLedger(session)).rejects.toMatchObject(refused)
      expect(await session.query('SELECT FROM pgleap.mine')).toEqual([])
    }))

  test('with a run in it is not written over', () =>
    withTarget(async (_, session) => {
      await startRun(session, STEPS)
      await expect(startRun(session, [])).rejects.toMatchObject({ code: 'ledger.exists' })
      expect((await openLedger(session))?.steps).toHaveLength(3)
    }))

  test('leaves no trace once it is dropped, nor when it could not be made', () =>
    withTarget(async (_, session) => {
      const nothing = `SELECT FROM pg_namespace WHERE nspname = 'pgleap'`
      await expect(startRun(session, [step(1, { work: 'nul \0' })])).rejects.toMatchObject({ party: 'target' })
      expect(await session.query(nothing)).toEqual([])
      await startRun(session, STEPS)
      await dropLedger(session)
      expect(await session.query(nothing)).toEqual([])
      await dropLedger(session)
    }))
})

function hasNul(value: unknown): boolean {
  return JSON.stringify(value).includes('\\u0000')
}
