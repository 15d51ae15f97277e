import fc from 'fast-check'
import { beforeAll, describe, expect, it } from 'vitest'
import { type FreshDatabase, connectClient, freshDatabase, server } from '../kit/index.ts'
import { compare } from './moments.ts'

const finite = fc.double({ noNaN: false }).map((value) => (Object.is(value, -0) ? '-0' : String(value)))
// Text cannot hold NUL, nor half a surrogate pair.
const text = fc.string({ unit: 'binary', maxLength: 30 }).map((value) => value.replaceAll('\0', ''))
const int8 = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }).map(String)
const numeric = fc
  .tuple(fc.bigInt(), fc.integer({ min: 0, max: 20 }))
  .map(([digits, scale]) => `${String(digits)}${scale === 0 ? '' : `.${'0'.repeat(scale)}`}`)
const timestamp = fc
  .date({ min: new Date('0001-01-01'), max: new Date('9999-12-31'), noInvalidDate: true })
  .map((date) => date.toISOString())
const json = fc.json({ maxDepth: 3 }).filter((value) => !value.includes('\\u0000'))
const array = <T>(of: fc.Arbitrary<T>) => fc.array(fc.option(of), { maxLength: 4 })

/** Columns of the table, and values for each as node-postgres takes them. */
const COLUMNS = {
  int8,
  float8: finite,
  numeric,
  text,
  timestamptz: timestamp,
  jsonb: json,
  json,
  bytea: fc.uint8Array({ maxLength: 30 }).map((bytes) => Buffer.from(bytes)),
  uuid: fc.uuid(),
  bool: fc.boolean(),
  'int8[]': array(int8),
  'text[]': array(text),
  'float8[]': array(finite),
  interval: fc
    .tuple(fc.integer({ min: -1000, max: 1000 }), fc.integer({ min: -1000, max: 1000 }), fc.integer())
    .map(([months, days, seconds]) => `${String(months)} mons ${String(days)} days ${String(seconds)} secs`),
  'char(8)': text.map((value) => Array.from(value).slice(0, 8).join('')),
} as const

const TYPES = Object.keys(COLUMNS)
const row = fc.tuple(...Object.values(COLUMNS).map((values: fc.Arbitrary<unknown>) => fc.option(values)))

describe('random rows of many types, from 13 to 18', () => {
  let from: FreshDatabase
  let to: FreshDatabase

  beforeAll(async () => {
    from = await freshDatabase(await server(13))
    to = await freshDatabase(await server(18))
    const columns = TYPES.map((type, place) => `c${String(place)} ${type}`).join(', ')
    for (const database of [from, to]) await database.query(`create table random_rows (${columns})`)
    return async () => {
      await from[Symbol.asyncDispose]()
      await to[Symbol.asyncDispose]()
    }
  })

  /** Moves rows as a text COPY does: by the output functions of the source and the input functions of the target. */
  async function carryOver(): Promise<void> {
    await using source = await connectClient(from.url)
    await using target = await connectClient(to.url)
    await source.query('set extra_float_digits = 3')
    const outputs = TYPES.map((_, place) => `c${String(place)}::text`)
    const inputs = TYPES.map((type, place) => `$${String(place + 1)}::text::${type}`)
    const { rows } = await source.query<unknown[]>({
      text: `select ${outputs.join(', ')} from random_rows`,
      rowMode: 'array',
    })
    await target.query('truncate random_rows')
    for (const values of rows.toReversed()) {
      await target.query(`insert into random_rows select ${inputs.join(', ')}`, values)
    }
  }

  it('read SAME once they are carried over, and DIFFERENT with one of them gone or changed', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(row, { minLength: 1, maxLength: 8 }), fc.nat(), async (rows, pick) => {
        await using source = await connectClient(from.url)
        await source.query('truncate random_rows')
        const inputs = TYPES.map((type, place) => `$${String(place + 1)}::${type}`)
        for (const values of rows) await source.query(`insert into random_rows select ${inputs.join(', ')}`, values)
        await carryOver()
        expect((await compare(from.url, to.url)).tables).toMatchObject([{ verdict: 'SAME' }])

        const column = `c${String(pick % TYPES.length)}`
        await to.query(`delete from random_rows where ctid = (select max(ctid) from random_rows)`)
        expect((await compare(from.url, to.url)).tables).toMatchObject([{ verdict: 'DIFFERENT' }])
        await carryOver()
        const last = `(select max(ctid) from random_rows where ${column} is not null)`
        await to.query(`update random_rows set ${column} = null where ctid = ${last}`)
        const nulled = await to.query(`select from random_rows where ${column} is null`)
        const before = await from.query(`select from random_rows where ${column} is null`)
        const expected = nulled.length === before.length ? 'SAME' : 'DIFFERENT'
        expect((await compare(from.url, to.url)).tables).toMatchObject([{ verdict: expected }])
      }),
      { numRuns: 10 },
    )
  })
})
