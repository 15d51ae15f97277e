import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { format } from 'prettier'
import { describe, expect, test } from 'vitest'
import { allChecks, leftOut, openEnds, runChecks } from '../../src/check/index.ts'
import { parseConnection } from '../../src/connection/index.ts'
import { MAJORS, freshDatabase, server } from '../kit/index.ts'
import { checksDoc } from './checks-doc.ts'
import { ALL_PATHS } from './support.ts'

/** How many entries each family of the catalogue has; ids are counted from 01. */
const CATALOGUE = { C: 15, S: 20, T: 14, D: 13, R: 19, X: 18, O: 40, I: 13, A: 10 }
/** Checks that the catalogue does not have are counted on; of server parameters it has none. */
const FAMILIES: Readonly<Record<string, number>> = { ...CATALOGUE, P: 0 }

const catalogueIds = Object.entries(CATALOGUE).flatMap(([letter, count]) =>
  Array.from({ length: count }, (_, at) => `${letter}${String(at + 1).padStart(2, '0')}`),
)
const ids = [...allChecks, ...leftOut].map(({ id }) => id)

describe('the checks', () => {
  test('have ids of their own, in the order of the catalogue within a family', () => {
    expect(ids.filter((id, at) => ids.indexOf(id) !== at)).toEqual([])
    for (const letter of Object.keys(FAMILIES)) {
      const family = allChecks.map(({ id }) => id).filter((id) => id.startsWith(letter))
      expect(family).toEqual(family.toSorted())
    }
  })

  test('cover every id of the catalogue, or say why not', () => {
    expect(catalogueIds.filter((id) => !ids.includes(id))).toEqual([])
    const strange = ids.filter((id) => {
      const last = FAMILIES[id.charAt(0)]
      return !catalogueIds.includes(id) && (last === undefined || !(Number(id.slice(1)) > last))
    })
    expect(strange).toEqual([])
  })

  test('say what has to be true in a short line', () => {
    const odd = allChecks.filter(({ title }) => title.length > 100 || !/^(?:[A-Z].*|\w+_\S+ .*)[^.!?]$/u.test(title))
    expect(odd.map(({ id, title }) => `${id} ${title}`)).toEqual([])
    expect(allChecks.filter(({ paths }) => paths.length === 0)).toEqual([])
  })

  test('are documented as they are', async () => {
    const file = join(import.meta.dirname, '../../docs/checks.md')
    const doc = await format(checksDoc(), { parser: 'markdown', printWidth: 120 })
    if (process.env['UPDATE_DOCS'] === '1') writeFileSync(file, doc)
    expect(readFileSync(file, 'utf8')).toBe(doc)
  })
})

// A query that one major does not understand would be taken for a missing right.
test.each(MAJORS)('every check can look at a server of %s, as its superuser', async (major) => {
  await using source = await freshDatabase(await server(major))
  await using target = await freshDatabase(await server(18))
  await using ends = await openEnds({
    source: parseConnection(source.url),
    target: parseConnection(target.url),
    to: 18,
    paths: ALL_PATHS,
  })
  const results = await runChecks(ends, { checks: allChecks })
  expect(results.filter(({ status }) => status === 'unknown')).toEqual([])
})
