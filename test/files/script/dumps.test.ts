import { writeFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { restoreScript } from '../../../src/files/index.ts'
import { verify } from '../../../src/index.ts'
import { type Major, server } from '../../kit/index.ts'
import { dropDatabase, emptyDatabase, loadDemo, loadRoles } from '../../matrix/databases.ts'
import { outputOf, peer } from './peers.ts'

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

test.each(PAIRS.filter(([program]) => peer(program) !== undefined))(
  'what %s writes of the demo on %i is the same on %i, as a file, compressed and as a stream',
  { timeout: 240_000 },
  async (program, from, to) => {
    const [old, young] = [await server(from), await server(to)]
    await loadRoles(old)
    await loadRoles(young)
    const source = await loadDemo(old, 'script_source')
    const script = await outputOf(peer(program) ?? '', [source])
    const file = join(folder, `${program}-${String(from)}.sql`)
    writeFileSync(file, script)
    writeFileSync(`${file}.packed`, gzipSync(script))
    for (const given of [file, `${file}.packed`, Readable.from([Buffer.from(script)])]) {
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
