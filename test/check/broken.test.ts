import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openEnds, runChecks } from '../../src/check/index.ts'
import { objectsThatBreak } from '../../src/check/objects-that-break/index.ts'
import { parseConnection } from '../../src/connection/index.ts'
import type { Finding } from '../../src/report/index.ts'
import { freshDatabase, psqlLike, server } from '../kit/index.ts'
import type { FreshDatabase } from '../kit/index.ts'
import { ALL_PATHS } from './support.ts'

const BROKEN = readFileSync(new URL('broken-13.sql', import.meta.url), 'utf8')

let source: FreshDatabase

beforeAll(async () => {
  source = await freshDatabase(await server(13))
  await psqlLike(source.url, BROKEN)
})

afterAll(async () => {
  await source[Symbol.asyncDispose]()
})

/** What the family says on the way to that major: `O08 block broken.lenient.a`. */
async function said(to: number): Promise<string[]> {
  const found = await findingsOf(to)
  return found.map(({ id, severity, object }) => `${id} ${severity} ${String(object)}`)
}

async function findingsOf(to: number): Promise<Finding[]> {
  await using ends = await openEnds({ source: parseConnection(source.url), target: undefined, to, paths: ALL_PATHS })
  const results = await runChecks(ends, { checks: objectsThatBreak })
  expect(results.filter(({ status }) => status === 'unknown')).toEqual([])
  return results.flatMap((result) => (result.status === 'found' ? result.findings : []))
}

// Nothing undoes a constraint's validation, and nothing needs to.
const keys = (list: readonly Finding[]) =>
  list.filter(({ id }) => id !== 'O11').map(({ id, object, message }) => [id, object, message])

describe('a schema of 13 with one of each thing that breaks', () => {
  test('is reported completely, each thing from the major on that breaks it', async () => {
    const since: Record<string, string[]> = {}
    const before = new Set<string>()
    for (const to of [13, 14, 15, 16, 17, 18]) {
      const now = await said(to)
      since[to] = now.filter((line) => !before.has(line)).toSorted()
      expect([...before].filter((line) => !now.includes(line))).toEqual([])
      for (const line of now) before.add(line)
    }
    expect(since).toMatchInlineSnapshot(`
      {
        "13": [
          "O04 info broken.settings.owner",
          "O04 warning broken.settings.relation",
          "O04 warning broken.settings.seen",
          "O08 block broken.lenient.a",
          "O11 info broken.words.short",
          "O13 error function broken.folded(text)",
          "O14 error broken.doubled",
          "O16 error broken.cache",
          "O17 error foreign server here",
          "O18 warning function broken."fetch"()",
          "O19 info materialized view broken.checkpoint_log",
          "O19 info materialized view broken.folded_list",
          "O19 warning materialized view broken.derived",
          "O20 error large objects",
        ],
        "14": [
          "O03 error broken.databases.d",
          "O05 block conversion broken.latin1_again",
          "O06 block operator broken.#!(integer,NONE)",
          "O07 block aggregate broken.collect(anyelement)",
          "O07 block operator broken.|+|(anyarray,anyelement)",
          "O12 block constraint small of broken.defaults",
          "O12 block default of broken.defaults.a",
          "O12 block view broken.compressed",
          "O12 block view broken.factorials",
          "O12 block view broken.inside",
          "O42 block function broken.warned()",
          "O47 block type broken.floatrange",
        ],
        "15": [
          "O12 block view broken.in_backup",
          "O12 block view broken.last_system_oid",
          "O12 warning function broken.begin_backup()",
          "O49 warning function broken.regexp_count(text,text)",
        ],
        "16": [
          "O42 block function broken.serial()",
          "O43 block broken.generated_child.b",
          "O48 warning broken.audit.system_user",
        ],
        "17": [
          "O07 block aggregate broken.mean(interval)",
          "O12 block materialized view broken.checkpoint_log",
          "O12 block view broken.checkpoints",
          "O12 block view broken.slow_reads",
          "O12 block view broken.vacuums",
          "O12 warning function broken.timed_checkpoints()",
          "O44 block broken.numbered_1.id",
          "O45 block broken.positive.positive_not_null",
          "O49 warning function broken.json_value(text)",
          "O50 warning function broken.parse(json)",
        ],
        "18": [
          "O16 warning broken.queue",
          "O41 block cast integer as bytea",
          "O45 block broken.people.people_email_not_null",
          "O46 block broken.sessions.of_login",
        ],
      }
    `)
  })

  test('gets a fix or an advice for everything, and nothing in it is a secret', async () => {
    const found = await findingsOf(18)
    expect(found.filter(({ fix }) => fix === undefined)).toEqual([])
    expect(JSON.stringify(found)).not.toContain('hush')
  })

  test('is mended by the SQL of the fixes, and as before after what undoes them', async () => {
    // NOT NULL is not to be had with this row in the table.
    await source.query('delete from broken.lenient')
    const before = await findingsOf(18)
    const fixes = before.flatMap(({ fix }) => (fix?.kind === 'sql' && fix.side === 'source' ? [fix] : []))
    expect(fixes.length).toBeGreaterThan(10)
    await psqlLike(source.url, fixes.map(({ sql }) => sql).join('\n'))
    const left = await findingsOf(18)
    expect(left.filter(({ fix }) => fix?.kind === 'sql' && fix.side === 'source')).toEqual([])
    const undone = fixes.toReversed().flatMap(({ undo }) => (undo === undefined ? [] : [undo]))
    await psqlLike(source.url, undone.join('\n'))
    expect(keys(await findingsOf(18))).toEqual(keys(before))
  })
})
