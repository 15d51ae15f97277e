import { describe, expect, it } from 'vitest'
import { MAJORS, type FreshDatabase, type Major, freshDatabase, server } from '../kit/index.ts'
import { SAMPLES, allTypesSql } from './all-types.ts'
import { compare } from './moments.ts'

const PAIRS = MAJORS.flatMap((source) =>
  MAJORS.filter((target) => target >= source).map((target) => ({ source, target })),
)

async function pair(
  source: Major,
  target: Major,
): Promise<AsyncDisposable & { source: FreshDatabase; target: FreshDatabase }> {
  const [from, to] = [await freshDatabase(await server(source)), await freshDatabase(await server(target))]
  await from.query(allTypesSql(source))
  await to.query(allTypesSql(source, { garbage: 'types' }))
  return {
    source: from,
    target: to,
    async [Symbol.asyncDispose]() {
      await from[Symbol.asyncDispose]()
      await to[Symbol.asyncDispose]()
    },
  }
}

describe('equal rows of every type', () => {
  it.each(PAIRS)('read SAME from $source to $target', async ({ source, target }) => {
    await using both = await pair(source, target)
    const result = await compare(both.source.url, both.target.url)
    expect(result.tables.filter(({ verdict }) => verdict !== 'SAME')).toEqual([])
    expect(result.verdict).toBe('SAME')
    expect(result.tables.map(({ name }) => name)).toContain('all_types')
  })
})

describe('rows with one value changed', () => {
  it('read DIFFERENT whatever the type, and name the column', async () => {
    await using both = await pair(13, 18)
    const samples = SAMPLES.filter(({ since = 13 }) => since === 13)
    const missed: string[] = []
    await both.target.query('create table odd.before as select * from odd.all_types where id = 0')
    for (const [place, { type, values }] of samples.entries()) {
      const column = `c${String(place)}`
      const other = values.length === 1 ? 'null' : `(select ${column} from odd.all_types where id = 1)`
      await both.target.query(`update odd.all_types set ${column} = ${other} where id = 0`)
      const { tables } = await compare(both.source.url, both.target.url, {
        includeRows: ({ name }) => name === 'all_types',
      })
      if (tables[0]?.differences[0]?.columns?.join() !== column) missed.push(`${type}: ${JSON.stringify(tables)}`)
      await both.target.query(`update odd.all_types a set ${column} = b.${column} from odd.before b where a.id = b.id`)
    }
    expect(missed).toEqual([])
  })
})
