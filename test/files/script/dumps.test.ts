import { writeFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { restoreScript } from '../../../src/files/index.ts'
import { verify } from '../../../src/index.ts'
import { databaseNamed, freshDatabase, type Major, server, programNamed } from '../../kit/index.ts'
import {
  dropDatabase,
  emptyDatabase,
  FOREIGN_DATABASES,
  type ForeignDatabase,
  isPresent,
  loadDemo,
  loadRoles,
} from '../../matrix/databases.ts'
import { outputOf } from './output-of.ts'

/** Where test/matrix/databases.ts has these from. */
const SHARED_DATA = join(import.meta.dirname, '../../../../shared/data')
const PAGILA = foreign('pagila')
const CHINOOK = foreign('chinook')

function foreign(wanted: string): ForeignDatabase {
  const found = FOREIGN_DATABASES.find(({ name }) => name === wanted)
  if (found === undefined) throw new Error(`There is no database ${wanted}`)
  return found
}

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pgleap-script-test-'))
})
afterAll(() => rm(folder, { recursive: true }))

const PAIRS: readonly (readonly [program: string, from: Major, to: Major])[] = [
  ['pg_dump17', 13, 17],
  ['pg_dump18', 14, 18],
  ['pg_dump18', 16, 16],
]

test.each(PAIRS.filter(([program]) => programNamed(program) !== undefined))(
  'what %s writes of the demo on %i is the same on %i',
  { timeout: 240_000 },
  async (program, from, to) => {
    const [old, young] = [await server(from), await server(to)]
    await loadRoles(old)
    await loadRoles(young)
    const source = await loadDemo(old, 'script_source')
    const script = await outputOf(programNamed(program) ?? '', [source])
    const packed = join(folder, `${program}-${String(from)}`)
    writeFileSync(packed, gzipSync(script))
    const streamed = Readable.from([Buffer.from(script)])
    for (const given of from === 13 ? [packed, streamed] : [packed]) {
      const target = await emptyDatabase(young, 'script_target')
      const report = await restoreScript({ script: given, target })
      expect(report.errors).toEqual([])
      expect(report).toMatchObject({ outcome: 'restored', script: { bytes: Buffer.byteLength(script) } })
      expect((await verify({ source, target })).verdict).toBe('SAME')
      await dropDatabase(young, 'script_target')
    }
    await dropDatabase(old, 'script_source')
  },
)

test.skipIf(!isPresent(CHINOOK))('chinook, which drops, makes and connects to its own database, arrives', async () => {
  const young = await server(17)
  await using home = await freshDatabase(young)
  await using chinook = databaseNamed(young, 'chinook')
  const script = join(SHARED_DATA, ...CHINOOK.files)
  await expect(restoreScript({ script, target: home.url })).rejects.toMatchObject({ code: 'script.clean' })
  const report = await restoreScript({ script, target: home.url, clean: 'allow' })
  expect(report).toMatchObject({ outcome: 'restored', errors: [], databases: [home.name, 'chinook'] })
  expect(await chinook.query('select count(*)::int as tracks from track')).toEqual([{ tracks: 3503 }])
})

test.skipIf(!isPresent(PAGILA))('pagila arrives from its two scripts', async () => {
  await using target = await freshDatabase(await server(18))
  await target.query('create schema pagila')
  for (const file of PAGILA.files) {
    const report = await restoreScript({ script: join(SHARED_DATA, file), target: target.url })
    expect(report.errors.map(({ statement, sqlstate }) => [statement, sqlstate])).toEqual([])
  }
  expect(await target.query('select count(*)::int as films from pagila.film')).toEqual([{ films: 1000 }])
})
