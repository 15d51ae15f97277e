import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { openArchive, dataForm } from '../../src/archive/index.ts'
import { convert, dump } from '../../src/files/index.ts'
import { restore } from '../../src/files/restore/index.ts'
import { server, type Server } from '../kit/index.ts'
import { bytesOf, refusal } from '../archive/streams.ts'
import { contentOf } from '../matrix/content.ts'
import { dropDatabase, emptyDatabase, loadDemo, loadRoles } from '../matrix/databases.ts'
import { expectRefusal, run } from '../migrate/support.ts'
import { runStock, scratch, stock } from './dump/support.ts'

const TARGET = 'binary_rows_target'

/** What the binary form has no example of in the demo database. */
const PECULIAR = `
  CREATE SCHEMA peculiar;
  CREATE TABLE peculiar.nothing ();
  INSERT INTO peculiar.nothing DEFAULT VALUES;
  INSERT INTO peculiar.nothing DEFAULT VALUES;
  CREATE TABLE peculiar.empty (a int, b text);
  CREATE TABLE peculiar.documents (a int, x xml);
  INSERT INTO peculiar.documents SELECT n, ('<a>' || n || '</a>')::xml FROM generate_series(1, 20) n;
  -- A smallint of -1 is what the end of the rows looks like.
  CREATE TABLE peculiar.ends (a smallint, b "char");
  INSERT INTO peculiar.ends SELECT CASE WHEN n % 3 = 0 THEN NULL ELSE -1 END, NULL FROM generate_series(1, 9000) n;
  -- Rows longer than what is held of one, between short ones of other parts.
  CREATE TABLE peculiar.long (n int, t text);
  ALTER TABLE peculiar.long ALTER t SET STORAGE EXTERNAL;
  INSERT INTO peculiar.long SELECT n, CASE WHEN n % 400 = 0 THEN repeat(md5(n::text), 100000) ELSE repeat('é', 200) END
    FROM generate_series(1, 2000) n`

const PROGRAMS = [17, 18] as const

/** Its triggers fire while pg_restore -j loads partitions side by side. */
function withoutFired(lines: string[]): string[] {
  return lines.filter((line) => !line.includes('shop.fired'))
}

describe('rows in binary form', () => {
  let from: Server
  let to: Server
  let source: string
  let before: string[]
  let folder: Awaited<ReturnType<typeof scratch>>
  let directory: string

  beforeAll(async () => {
    folder = await scratch()
    from = await server(14)
    to = await server(17)
    await loadRoles(from)
    await loadRoles(to)
    source = await loadDemo(from, 'binary_rows_source')
    await run(source, PECULIAR)
    before = await contentOf(source)
    directory = folder.path('directory')
    await dump({ source, to: directory, rows: 'binary', compression: 'lz4', jobs: 3, partSize: 300_000 })
  }, 180_000)
  afterAll(async () => {
    await dropDatabase(from, 'binary_rows_source')
    await folder[Symbol.asyncDispose]()
  })
  afterEach(() => dropDatabase(to, TARGET).catch(() => {}))

  test('are chosen table by table, where all of its types have a form that every server reads alike', async () => {
    await using archive = await openArchive(directory)
    const forms = new Map(archive.archive.entries.map((entry) => [`${entry.namespace ?? ''}.${entry.tag}`, entry]))
    const formOf = (name: string) => {
      const entry = archive.archive.entries.find(
        ({ desc, namespace, tag }) => desc === 'TABLE DATA' && `${namespace ?? ''}.${tag}` === name,
      )
      return entry === undefined ? undefined : dataForm(entry)
    }
    expect(forms.size).toBeGreaterThan(40)
    expect(formOf('peculiar.empty')).toBe('binary')
    expect(formOf('peculiar.ends')).toBe('binary')
    expect(formOf('shop.items')).toBe('binary')
    expect(formOf('peculiar.documents')).toBe('text')
    expect(formOf('peculiar.nothing')).toBe('text')
  })

  test('come back as they were, in one piece and in parts', async () => {
    const target = await emptyDatabase(to, TARGET)
    const report = await restore({ from: directory, target, jobs: 2 })
    expect(report.failures).toEqual([])
    expect(report.differences).toEqual([])
    expect(report.verdict).toBe('SAME')
    expect(await contentOf(target)).toEqual(before)
  }, 180_000)

  test.for(PROGRAMS)('are loaded by pg_restore %i', { timeout: 180_000 }, async (major, { skip }) => {
    const program = stock('pg_restore', major)
    skip(program === undefined, `there is no pg_restore ${String(major)}`)
    const target = await emptyDatabase(to, TARGET)
    const { stderr } = await runStock(program ?? '', ['--exit-on-error', '-j2', '--dbname', target, directory])
    expect(stderr).toBe('')
    expect(withoutFired(await contentOf(target))).toEqual(withoutFired(before))
  })

  test('pass from format to format as they are, but into no script', async () => {
    const custom = folder.path('custom')
    await dump({ source, to: custom, format: 'custom', rows: 'binary', compression: 'gzip', hashes: 'none' })
    await convert({ from: custom, to: folder.path('again'), format: 'directory', compression: 'zstd' })
    const target = await emptyDatabase(to, TARGET)
    const report = await restore({ from: folder.path('again'), target, jobs: 2 })
    expect(report.failures).toEqual([])
    expect(await contentOf(target)).toEqual(before)

    const script = folder.path('script.sql')
    await expectRefusal(convert({ from: custom, to: script, format: 'plain' }), 'archive.binary-rows', 'usage')
    await expectRefusal(dump({ source, to: script, format: 'plain', rows: 'binary' }), 'usage.option', 'usage')
    expect(existsSync(script)).toBe(false)
  }, 180_000)

  test('that were cut off are found by whoever reads them', async () => {
    const plain = folder.path('uncompressed')
    await dump({ source, to: plain, rows: 'binary', compression: 'none', hashes: 'none', include: ['peculiar.ends'] })
    const [name = ''] = readdirSync(plain).filter((file) => file.endsWith('.dat') && file !== 'toc.dat')
    const whole = readFileSync(folder.path(`uncompressed/${name}`))
    for (const bytes of [whole.subarray(0, 10), whole.subarray(0, -1), whole.subarray(0, -8), whole.subarray(1)]) {
      writeFileSync(folder.path(`uncompressed/${name}`), bytes)
      await using archive = await openArchive(plain)
      const entry = archive.archive.entries.find(({ desc }) => desc === 'TABLE DATA')
      if (entry === undefined) throw new Error('no rows')
      expect((await refusal(bytesOf(archive.data(entry)))).code).toBe('archive.corrupt')
    }
  })
})
