import { describe, expect, test } from 'vitest'
import { openEnds, runChecks } from '../../src/check/index.ts'
import { goneColumns, goneFunctions, goneOperators } from '../../src/check/objects-that-break/changed-catalogs.ts'
import { objectsThatBreak } from '../../src/check/objects-that-break/index.ts'
import { parseConnection } from '../../src/connection/index.ts'
import { loadSql } from '../../src/sql.ts'
import { freshDatabase, server } from '../kit/index.ts'
import type { Major } from '../kit/index.ts'
import { ALL_PATHS, found } from './support.ts'

const COLUMNS = `
  select c.relname || '.' || a.attname as name
    from pg_attribute a join pg_class c on c.oid = a.attrelid join pg_namespace n on n.oid = c.relnamespace
   where (n.nspname in ('pg_catalog', 'information_schema') or c.relname = 'pg_stat_statements')
     and c.relkind in ('r', 'v') and a.attnum > 0 and not a.attisdropped`

// Not what only the server itself calls, or a person who makes types and indexes in C.
const FUNCTIONS = `
  select distinct p.proname::text as name from pg_proc p
   where p.pronamespace = 'pg_catalog'::regnamespace and p.proname !~ '^binary_upgrade'
     and not ('internal'::regtype = any (p.proargtypes) or p.prorettype = 'internal'::regtype)`

const OPERATORS = `select o.oid::regoperator::text as name from pg_operator o where o.oprnamespace = 'pg_catalog'::regnamespace`

async function namesOn(major: Major): Promise<Record<'columns' | 'functions' | 'operators', Set<string>>> {
  await using db = await freshDatabase(await server(major))
  await db.query('create extension pg_stat_statements')
  const names = async (sql: string) => new Set((await db.query<{ name: string }>(sql)).map(({ name }) => name))
  return { columns: await names(COLUMNS), functions: await names(FUNCTIONS), operators: await names(OPERATORS) }
}

const gone = (before: ReadonlySet<string>, after: ReadonlySet<string>) =>
  [...before].filter((name) => !after.has(name)).toSorted()

/** Functions of extensions, and those of which the name stays. */
const ELSEWHERE = ['pg_get_wal_records_info_till_end_of_wal', 'pg_get_wal_stats_till_end_of_wal']

describe('the list of what catalogs no longer have', () => {
  test('is what 14 to 18 really lack, each compared with the major before', async () => {
    let before = await namesOn(13)
    for (const major of [14, 15, 16, 17, 18] as const) {
      const now = await namesOn(major)
      expect({
        major,
        columns: gone(before.columns, now.columns),
        functions: gone(before.functions, now.functions),
        // What array operators take changed in 14, and every call of them still works.
        operators: gone(before.operators, now.operators).filter((name) => !/\|\|\(any/.test(name)),
      }).toEqual({
        major,
        columns: goneColumns
          .filter((it) => it.gone === major)
          .map((it) => `${it.relation}.${String(it.column)}`)
          .toSorted(),
        functions: goneFunctions
          .filter((it) => it.gone === major && it.arguments === undefined && !ELSEWHERE.includes(it.name))
          .map(({ name }) => name)
          .toSorted(),
        operators: goneOperators
          .filter((it) => it.gone === major)
          .map(({ operator }) => operator)
          .toSorted(),
      })
      before = now
    }
  })

  test('is the list that the query searches for', () => {
    const sql = loadSql(new URL('../../src/check/objects-that-break/x.ts', import.meta.url).href, 'catalog-uses.sql')
    const cte = (name: string) =>
      new RegExp(`${name} \\([^)]*\\) AS \\([\\s\\S]*?VALUES ([\\s\\S]*?)\\n\\)`).exec(sql)?.[1] ?? ''
    const first = (name: string) =>
      [...cte(name).matchAll(/\('((?:[^']|'')+)'/g)].map(([, value]) => String(value)).toSorted()
    const last = new Map<string, number>()
    for (const { relation, gone: major } of goneColumns) last.set(relation, Math.max(major, last.get(relation) ?? 0))
    const listed = [...cte('relation').matchAll(/\('(\w+)', (\d+)\)/g)].map(
      ([, name, major]) => [name, Number(major)] as const,
    )
    expect(new Map(listed)).toEqual(last)
    expect(first('function')).toEqual(goneFunctions.map(({ name }) => name).toSorted())
    expect(first('operator')).toEqual(goneOperators.map(({ operator }) => operator).toSorted())
  })
})

describe('objects that break', () => {
  test.each([13, 14, 15, 16, 17, 18] as const)('an empty database of %i has none', async (major) => {
    await using source = await freshDatabase(await server(major))
    await source.query('create extension pg_stat_statements')
    await source.query('create extension earthdistance cascade')
    await using ends = await openEnds({
      source: parseConnection(source.url),
      target: undefined,
      to: 18,
      paths: ALL_PATHS,
    })
    const results = await runChecks(ends, { checks: objectsThatBreak })
    expect(results.filter(({ status }) => status !== 'passed' && status !== 'skipped')).toEqual([])
  })

  test('what was made before 13 does not concern a source of 13', async () => {
    await using source = await freshDatabase(await server(13))
    for (const id of ['O01', 'O02']) expect(await found(id, { source })).toMatchObject({ status: 'skipped' })
  })
})
