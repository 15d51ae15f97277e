import { gunzipSync } from 'node:zlib'
import { readFileSync, writeFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Compression } from '../../../src/archive/index.ts'
import { SourceSnapshot } from '../../../src/catalog/index.ts'
import { connect, parseConnection } from '../../../src/connection/index.ts'
import { dump } from '../../../src/files/dump/dump.ts'
import { manifestPath, readManifest } from '../../../src/files/manifest.ts'
import { readContentSums } from '../../../src/verify/index.ts'
import { startServer, type Major, type OwnServer } from '../../kit/index.ts'
import { contentOf } from '../../matrix/content.ts'
import {
  dropDatabase,
  emptyDatabase,
  FOREIGN_DATABASES,
  isPresent,
  loadDemo,
  loadForeign,
  loadRoles,
} from '../../matrix/databases.ts'
import { runStock, scratch, stock, tocLines } from './support.ts'

const NAME = 'dump_demo'
const COMPRESSIONS = ['none', 'gzip', 'lz4', 'zstd'] as const satisfies Compression[]
const servers = new Map<Major, OwnServer>()
const restore18 = stock('pg_restore', 18)
const restore17 = stock('pg_restore', 17)

async function on(major: Major): Promise<OwnServer> {
  const known = servers.get(major)
  if (known !== undefined) return known
  const started = await startServer({ major })
  servers.set(major, started)
  await loadRoles(started)
  return started
}

beforeAll(() => on(18))
afterAll(async () => {
  for (const server of servers.values()) await server[Symbol.asyncDispose]()
})

/** What a target's content comes to, compared with what the manifest says of the source. */
async function differsFromManifest(target: string, archive: string): Promise<string[]> {
  const content = (await readManifest(manifestPath(archive, 'directory')))?.content
  if (content === undefined) throw new Error('the manifest has no hashes')
  const info = parseConnection(target)
  await using moment = await SourceSnapshot.take((signal) =>
    connect(info, { side: 'target', purpose: 'verify', signal }),
  )
  const found = await readContentSums(moment, { mode: 'full', jobs: 2, like: content })
  expect(found.largeObjects).toEqual(content.largeObjects)
  const byName = new Map(found.tables.map((table) => [`${table.schema}.${table.name}`, table]))
  return content.tables.flatMap((table) => {
    const name = `${table.schema}.${table.name}`
    const now = byName.get(name)
    return now?.hash === table.hash && now?.rows === table.rows ? [] : [name]
  })
}

/** Rows that triggers write while pg_restore -j loads partitions: those of its parent are there before all rows are. */
const FIRED = 'shop.fired'

/** Our tags have no quotes around what needs them as a keyword alone. */
function bareKeywords(lines: string[]): string[] {
  return lines.map((line) => line.replace(' "case" ', ' case '))
}

function others(lines: string[]): string[] {
  return lines.filter((line) => !line.includes(FIRED))
}

describe.each([
  [13, 'zstd'],
  [14, 'gzip'],
  [16, 'lz4'],
  [18, 'none'],
] as const)('the demo database of PostgreSQL %i', (major, compression) => {
  let source: string
  let content: string[]

  beforeAll(async () => {
    source = await loadDemo(await on(major), NAME)
    content = await contentOf(source)
  })
  afterAll(async () => dropDatabase(await on(major), NAME))

  test.skipIf(restore18 === undefined)('is restored whole by pg_restore -j from a directory', async () => {
    await using folder = await scratch()
    const archive = folder.path('archive')
    const report = await dump({ source, to: archive, compression, jobs: 3, partSize: 400_000 })
    expect(report.failed).toEqual([])
    expect(await contentOf(source)).toEqual(content)

    const target = await emptyDatabase(await on(18), `${NAME}_of_${String(major)}`)
    const { stderr } = await runStock(restore18 ?? '', ['--exit-on-error', '-j3', '--dbname', target, archive])
    expect(stderr).toBe('')
    expect(others(await contentOf(target))).toEqual(others(content))
    expect((await differsFromManifest(target, archive)).filter((name) => name !== FIRED)).toEqual([])
    await dropDatabase(await on(18), `${NAME}_of_${String(major)}`)
  })

  const dump18 = stock('pg_dump', 18)
  test.skipIf(restore18 === undefined || dump18 === undefined)(
    'has the table of contents that pg_dump gives it',
    async () => {
      await using folder = await scratch()
      await dump({ source, to: folder.path('ours'), hashes: 'none' })
      await runStock(dump18 ?? '', ['--dbname', source, '-Fd', '-f', folder.path('theirs')])
      expect(await tocLines(restore18 ?? '', folder.path('ours'))).toEqual(
        bareKeywords(await tocLines(restore18 ?? '', folder.path('theirs'))),
      )
    },
  )
})

describe('every format and compression', () => {
  let source: string
  let content: string[]

  beforeAll(async () => {
    source = await loadDemo(await on(14), NAME)
    content = await contentOf(source)
  })
  afterAll(async () => dropDatabase(await on(14), NAME))

  test.skipIf(restore17 === undefined || restore18 === undefined)('is read alike by pg_restore 17 and 18', async () => {
    await using folder = await scratch()
    const scripts = new Set<string>()
    for (const format of ['directory', 'custom'] as const) {
      for (const compression of COMPRESSIONS) {
        const archive = folder.path(`${format}-${compression}`)
        await dump({ source, to: archive, format, compression, hashes: 'none', jobs: 2 })
        for (const program of [restore17 ?? '', restore18 ?? '']) {
          const script = `${archive}-${program === restore17 ? '17' : '18'}.sql`
          await runStock(program, ['-f', script, archive])
          // The versions write a few settings differently; the rows and definitions have to be the same.
          scripts.add(readFileSync(script, 'utf8').replaceAll(/^(?:--|SET|SELECT pg_catalog.set_config|\\).*\n/gm, ''))
        }
      }
    }
    expect(scripts.size).toBe(1)
  })

  const dump18 = stock('pg_dump', 18)
  test.skipIf(restore18 === undefined || dump18 === undefined)('has the statistics that pg_dump gives it', async () => {
    await using folder = await scratch()
    await dump({ source, to: folder.path('ours'), hashes: 'none', statistics: 'include' })
    await runStock(dump18 ?? '', ['--dbname', source, '--statistics', '-Fd', '-f', folder.path('theirs')])
    const [ours, theirs] = [
      await tocLines(restore18 ?? '', folder.path('ours')),
      await tocLines(restore18 ?? '', folder.path('theirs')),
    ]
    expect(ours.toSorted()).toEqual(bareKeywords(theirs).toSorted())
    // A refresh would overwrite what came before it.
    expect(ours.findLastIndex((line) => line.startsWith('STATISTICS DATA shop sales '))).toBeGreaterThan(
      ours.findIndex((line) => line.startsWith('MATERIALIZED VIEW DATA shop sales ')),
    )
  })

  const psql = stock('psql', 17)
  test.skipIf(psql === undefined)('of a script is taken by psql', async () => {
    await using folder = await scratch()
    const [plain, packed] = [folder.path('plain.sql'), folder.path('packed.sql.gz')]
    await dump({ source, to: plain, format: 'plain', hashes: 'none' })
    await dump({ source, to: packed, format: 'plain', compression: 'gzip', hashes: 'none' })
    writeFileSync(folder.path('unpacked.sql'), gunzipSync(readFileSync(packed)))
    for (const script of [plain, folder.path('unpacked.sql')]) {
      const target = await emptyDatabase(await on(18), NAME)
      await runStock(psql ?? '', ['-X', '-q', '-v', 'ON_ERROR_STOP=1', '-f', script, '--dbname', target])
      expect(await contentOf(target)).toEqual(content)
      await dropDatabase(await on(18), NAME)
    }
  })
})

describe.each(FOREIGN_DATABASES)('the database $name, which nobody here wrote', (database) => {
  test.skipIf(!isPresent(database) || restore17 === undefined)('comes back whole', async () => {
    const source = await loadForeign(await on(13), database)
    await using folder = await scratch()
    await dump({ source, to: folder.path('archive'), compression: 'zstd' })
    const target = await emptyDatabase(await on(18), database.name)
    await runStock(restore17 ?? '', ['--exit-on-error', '-j2', '--dbname', target, folder.path('archive')])
    expect(await contentOf(target)).toEqual(await contentOf(source))
    expect(await differsFromManifest(target, folder.path('archive'))).toEqual([])
    await dropDatabase(await on(13), database.name)
    await dropDatabase(await on(18), database.name)
  })
})
