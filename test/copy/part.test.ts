import { describe, expect, test } from 'vitest'
import { readTables } from '../../src/catalog/index.ts'
import type { Session } from '../../src/connection/index.ts'
import { type CopySpec, type Part, copyPart, planParts, readKeyBoundaries } from '../../src/copy/index.ts'
import { type Pair, open, withPair } from '../catalog/sessions.ts'
import { freshRole, server } from '../kit/index.ts'

const ALL: CopySpec = {
  schema: 'public',
  name: 't',
  columns: ['id'],
  format: 'binary',
  mode: 'whole',
  part: { by: 'all' },
}

function spec(fields: Partial<CopySpec>): CopySpec {
  return { ...ALL, ...fields }
}

async function copy({ source, target }: Pair, fields: Partial<CopySpec>): Promise<{ bytes: number; rows: number }> {
  await target.script('BEGIN')
  const moved = await copyPart(source, target, spec(fields))
  await target.script('COMMIT')
  return moved
}

async function both({ source, target }: Pair, sql: string): Promise<void> {
  await source.script(sql)
  await target.script(sql)
}

async function ids(session: Session, from = 'public.t'): Promise<number[]> {
  const rows = await session.query<{ id: number }>(`SELECT id FROM ${from} ORDER BY id`)
  return rows.map(({ id }) => id)
}

/** Two bytes that are no text in any encoding but SQL_ASCII. */
async function copyBytes(pair: Pair): Promise<void> {
  await both(pair, 'CREATE TABLE public.t (a text)')
  await pair.source.script(`SET client_encoding = SQL_ASCII; INSERT INTO public.t VALUES (E'\\xff\\xfe')`)
  await copy(pair, { columns: ['a'], format: 'text', encoding: 'SQL_ASCII' })
}

describe('a whole table', () => {
  test('replaces what was there, and its rows are frozen from the start', () =>
    withPair(14, 17, async (pair) => {
      await both(pair, 'CREATE TABLE public.t (id int)')
      await pair.source.script('INSERT INTO public.t SELECT generate_series(1, 5)')
      await pair.target.script('INSERT INTO public.t VALUES (99)')
      expect(await copy(pair, {})).toMatchObject({ rows: 5 })
      expect(await ids(pair.target)).toEqual([1, 2, 3, 4, 5])
      await pair.target.script('CREATE EXTENSION pg_visibility SCHEMA public')
      const [row] = await pair.target.query(
        `SELECT all_visible, all_frozen FROM public.pg_visibility_map('public.t', 0)`,
      )
      expect(row).toEqual({ all_visible: true, all_frozen: true })
    }))

  test('leaves nothing behind when the transaction is rolled back', () =>
    withPair(14, 17, async (pair) => {
      await both(pair, 'CREATE TABLE public.t (id int)')
      await both(pair, 'INSERT INTO public.t VALUES (1)')
      await pair.target.script('BEGIN')
      await copyPart(pair.source, pair.target, spec({}))
      await pair.target.script('ROLLBACK')
      expect(await ids(pair.target)).toEqual([1])
    }))

  test('moves several tables in one transaction', () =>
    withPair(14, 17, async (pair) => {
      await both(pair, 'CREATE TABLE public.t (id int); CREATE TABLE public.u (id int)')
      await pair.source.script('INSERT INTO public.t VALUES (1); INSERT INTO public.u VALUES (2)')
      await pair.target.script('BEGIN')
      for (const name of ['t', 'u']) await copyPart(pair.source, pair.target, spec({ name }))
      await pair.target.script('COMMIT')
      expect([await ids(pair.target), await ids(pair.target, 'public.u')]).toEqual([[1], [2]])
    }))

  test.for(['text', 'binary'] as const)('without columns keeps its number of rows, in %s', (format) =>
    withPair(13, 18, async (pair) => {
      await both(pair, 'CREATE TABLE public.t ()')
      await pair.source.script('INSERT INTO public.t DEFAULT VALUES; INSERT INTO public.t DEFAULT VALUES')
      expect(await copy(pair, { columns: [], format })).toMatchObject({ rows: 2 })
      const part: Part = { by: 'blocks', from: 0, to: undefined }
      expect(await copy(pair, { columns: [], format, part })).toMatchObject({ rows: 2 })
      expect(await pair.target.query('SELECT count(*) AS n FROM public.t')).toEqual([{ n: 2 }])
    }),
  )

  test('of nothing but generated columns keeps its number of rows', () =>
    withPair(13, 18, async (pair) => {
      await both(pair, 'CREATE TABLE public.t (g int GENERATED ALWAYS AS (7) STORED)')
      await pair.source.script('INSERT INTO public.t DEFAULT VALUES; INSERT INTO public.t DEFAULT VALUES')
      await copy(pair, { columns: [], format: 'text' })
      expect(await pair.target.query('SELECT g FROM public.t')).toEqual([{ g: 7 }, { g: 7 }])
    }))

  test('keeps the values of identity columns and computes the generated ones anew', () =>
    withPair(13, 18, async (pair) => {
      await both(
        pair,
        `CREATE TABLE public.t (id int GENERATED ALWAYS AS IDENTITY, g int GENERATED ALWAYS AS (id * 2) STORED, "a ""b" text)`,
      )
      await pair.source.script(
        `INSERT INTO public.t (id, "a ""b") OVERRIDING SYSTEM VALUE VALUES (70, 'x'), (-3, NULL)`,
      )
      await copy(pair, { columns: ['id', 'a "b'] })
      expect(await pair.target.query('SELECT * FROM public.t ORDER BY id')).toEqual([
        { id: -3, g: -6, 'a "b': null },
        { id: 70, g: 140, 'a "b': 'x' },
      ])
    }))

  test('finds its columns by name, in whatever order the target has them', () =>
    withPair(14, 17, async (pair) => {
      await pair.source.script(`CREATE TABLE public.t (id int, gone int, a text); ALTER TABLE public.t DROP gone`)
      await pair.target.script('CREATE TABLE public.t (a text, id int)')
      await pair.source.script(`INSERT INTO public.t VALUES (1, 'x')`)
      await copy(pair, { columns: ['id', 'a'] })
      expect(await pair.target.query('SELECT id, a FROM public.t')).toEqual([{ id: 1, a: 'x' }])
    }))

  test('holds its own rows and not those of its children, in every kind of part', () =>
    withPair(14, 17, async (pair) => {
      await both(pair, 'CREATE TABLE public.t (id int); CREATE TABLE public.child () INHERITS (public.t)')
      await pair.source.script('INSERT INTO public.t VALUES (1); INSERT INTO public.child VALUES (2)')
      const parts: Part[] = [
        { by: 'all' },
        { by: 'blocks', from: 0, to: undefined },
        { by: 'key', column: 'id', type: 'integer', from: undefined, to: undefined },
        { by: 'condition', where: 'WHERE id > 0' },
      ]
      for (const part of parts) {
        expect(await copy(pair, { part })).toMatchObject({ rows: 1 })
        expect(await ids(pair.target)).toEqual([1])
      }
    }))

  test('may be a partition, which takes its rows itself', () =>
    withPair(14, 17, async (pair) => {
      await both(
        pair,
        `CREATE TABLE public.t (id int) PARTITION BY LIST (id);
         CREATE TABLE public.one PARTITION OF public.t FOR VALUES IN (1)`,
      )
      await pair.source.script('INSERT INTO public.t VALUES (1)')
      await copy(pair, { name: 'one' })
      expect(await ids(pair.target)).toEqual([1])
    }))

  test('is refused, not thinned out, where row security hides rows from the role', async () => {
    await using role = await freshRole(await server(14))
    await withPair(14, 17, async (pair) => {
      await both(pair, 'CREATE TABLE public.t (id int)')
      await pair.source.script(
        `INSERT INTO public.t VALUES (1), (2); ALTER TABLE public.t ENABLE ROW LEVEL SECURITY;
         CREATE POLICY p ON public.t USING (id = 1); GRANT SELECT ON public.t TO ${role.name}`,
      )
      await using limited = await open(pair.sourceDb.urlFor(role.name))
      await pair.target.script('BEGIN')
      await expect(copyPart(limited, pair.target, spec({}))).rejects.toMatchObject({ code: 'source.no-privilege' })
      await pair.target.script('ROLLBACK')
    })
  })
})

describe('a table in parts', () => {
  test('is the whole of it, by blocks, while it grows', () =>
    withPair(14, 17, async (pair) => {
      const { source, target, sourceDb } = pair
      await both(pair, 'CREATE TABLE public.t (id int, filler text)')
      await source.script(`INSERT INTO public.t SELECT n, repeat('x', 500) FROM generate_series(1, 3000) n`)
      const [table] = await readTables(source)
      if (table === undefined) throw new Error('no table')
      const parts = planParts(table, { major: source.major, targetPartBytes: 300_000, maxParts: 10 })
      expect(parts.length).toBeGreaterThan(3)
      await source.script(`INSERT INTO public.t SELECT n, repeat('x', 500) FROM generate_series(3001, 4000) n`)
      await source.script('BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT 1')
      await sourceDb.query('INSERT INTO public.t SELECT n FROM generate_series(4001, 9000) n')
      let rows = 0
      for (const part of parts) rows += (await copy(pair, { mode: 'append', columns: ['id', 'filler'], part })).rows
      expect(rows).toBe(4000)
      expect(await ids(target)).toEqual(Array.from({ length: 4000 }, (_, n) => n + 1))
      await source.script('ROLLBACK')
    }))

  test.for([
    ['integer', 'n * 7 - 3000'],
    ['uuid', 'md5(n::text)::uuid'],
    ['date', `date '2020-01-01' + n - 1000`],
    ['timestamp with time zone', `timestamptz '2020-01-01 00:00:00.000001+00' + n * interval '1 us'`],
    ['numeric(12,4)', `CASE n WHEN 1 THEN 'NaN' ELSE n / 7.0 END`],
  ] as const)('is the whole of it, by ranges of a key of type %s, analyzed or not', ([type, value]) =>
    withPair(13, 17, async (pair) => {
      const { source, target } = pair
      await both(pair, `CREATE TABLE public.t (id ${type} PRIMARY KEY)`)
      await source.script(`INSERT INTO public.t SELECT ${value} FROM generate_series(1, 3000) n`)
      for (const prepare of ['SELECT 1', 'ANALYZE public.t']) {
        await source.script(prepare)
        const table = (await readTables(source))[0]
        if (table === undefined) throw new Error('no table')
        const boundaries = await readKeyBoundaries(source, table, { column: 'id', type, parts: 4 })
        expect(boundaries?.values.length).toBe(3)
        const limits = { major: 13, targetPartBytes: 1, maxParts: 4 }
        const parts = planParts({ ...table, blocks: 1000, heapBytes: 4 }, limits, boundaries)
        const counts: number[] = []
        await target.script('TRUNCATE public.t')
        for (const part of parts) counts.push((await copy(pair, { mode: 'append', part })).rows)
        expect(counts.length).toBe(4)
        expect(Math.min(...counts)).toBeGreaterThan(300)
        const digest = `SELECT count(*) AS n, md5(string_agg(id::text, ',' ORDER BY id)) AS md5 FROM public.t`
        expect(await target.query(digest)).toEqual(await source.query(digest))
      }
    }),
  )

  test('has no boundaries where it has no rows', () =>
    withPair(13, 17, async ({ source }) => {
      await source.script('CREATE TABLE public.t (id int PRIMARY KEY)')
      const table = { schema: 'public', name: 't', blocks: 0 }
      expect(await readKeyBoundaries(source, table, { column: 'id', type: 'integer', parts: 4 })).toBeUndefined()
    }))
})

describe("an extension's configuration table", () => {
  test('gets the rows of its condition again and keeps those that the extension made', () =>
    withPair(14, 17, async (pair) => {
      await both(pair, 'CREATE TABLE public.t (id int); INSERT INTO public.t VALUES (1), (2), (100)')
      await pair.source.script('INSERT INTO public.t VALUES (101); DELETE FROM public.t WHERE id IN (2, 100)')
      expect(await copy(pair, { part: { by: 'condition', where: 'WHERE id >= 100' } })).toMatchObject({ rows: 1 })
      expect(await ids(pair.target)).toEqual([1, 2, 101])
      expect(await copy(pair, { part: { by: 'condition', where: '' } })).toMatchObject({ rows: 2 })
      expect(await ids(pair.target)).toEqual([1, 101])
    }))
})

describe('encodings', () => {
  const TEXT = 'é ß ÿ'

  test.for([
    ['LATIN1', 'UTF8', 'text'],
    ['LATIN1', 'UTF8', 'binary'],
    ['LATIN1', 'LATIN1', 'text'],
    ['UTF8', 'LATIN1', 'text'],
    ['UTF8', 'LATIN1', 'binary'],
  ] as const)('text goes from %s to %s in %s', ([from, to, format]) =>
    withPair(
      14,
      17,
      async (pair) => {
        await both(pair, 'CREATE TABLE public."tä" (a text)')
        await pair.source.query('INSERT INTO public."tä" VALUES ($1)', [TEXT])
        const facts = await readTables(pair.source)
        expect(facts[0]?.columns[0]?.binarySafe).toBe(from === 'UTF8')
        await copy(pair, { name: 'tä', columns: ['a'], format, encoding: from })
        expect(await pair.target.query('SELECT a, octet_length(a) AS bytes FROM public."tä"')).toEqual([
          { a: TEXT, bytes: to === 'UTF8' ? 8 : 5 },
        ])
      },
      [from, to].map((encoding) => `ENCODING '${encoding}' LOCALE 'C' TEMPLATE template0`),
    ),
  )

  const ascii = "ENCODING 'SQL_ASCII' LOCALE 'C' TEMPLATE template0"
  const utf8 = "ENCODING 'UTF8' LOCALE 'C' TEMPLATE template0"
  test('bytes that are no text at all go from SQL_ASCII to SQL_ASCII', () =>
    withPair(
      14,
      17,
      async (pair) => {
        await copyBytes(pair)
        const hex = await pair.target.query(`SELECT encode(a::bytea, 'hex') AS hex FROM public.t`)
        expect(hex).toEqual([{ hex: 'fffe' }])
      },
      [ascii, ascii],
    ))

  test('bytes that are no text at all are refused by a target in UTF8', () =>
    withPair(
      14,
      17,
      async (pair) => {
        await expect(copyBytes(pair)).rejects.toMatchObject({ party: 'target', server: { sqlstate: '22021' } })
        await pair.target.script('ROLLBACK')
      },
      [ascii, utf8],
    ))
})

test('a copy that is aborted ends, and both sessions serve on', () =>
  withPair(14, 17, async (pair) => {
    await both(pair, 'CREATE TABLE public.t (id int)')
    await pair.source.script('INSERT INTO public.t SELECT generate_series(1, 200000)')
    const controller = new AbortController()
    await pair.target.script('BEGIN')
    const onProgress = (): void => controller.abort()
    await expect(
      copyPart(pair.source, pair.target, spec({}), { signal: controller.signal, onProgress }),
    ).rejects.toMatchObject({ party: 'interrupted' })
    await pair.target.script('ROLLBACK')
    expect(await ids(pair.target)).toEqual([])
  }))
