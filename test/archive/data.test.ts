import { createHash } from 'node:crypto'
import { execFileSync } from 'node:child_process'
import { createWriteStream } from 'node:fs'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Writable } from 'node:stream'
import { finished } from 'node:stream/promises'
import * as fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { customWriter, directoryWriter, openArchive, type Archive, type Compression } from '../../src/archive/index.ts'
import { archives } from './arbitrary.ts'
import { CONTENTS, readContents, SAMPLE, stored, tarHeader, writeContents } from './stored.ts'
import { bytesOf, refusal } from './streams.ts'

const KINDS: Compression[] = ['none', 'gzip', 'lz4', 'zstd']

let folder: string

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pgleap-archive-'))
})

afterEach(async () => {
  await rm(folder, { recursive: true })
})

/** Entries as they were given, without where their data is. */
function withoutPlaces({ entries }: Archive) {
  return entries.map((entry) => ({ ...entry, data: entry.data !== undefined, hadDumper: entry.data !== undefined }))
}

describe.each(['custom', 'directory', 'tar'] as const)('an archive in %s format', (format) => {
  test.each(KINDS)('gives back what was written with %s', async (compression) => {
    const path = join(folder, 'a')
    // pg_dump compresses no custom file of a tar's kind, but a tar of a directory may hold compressed files.
    await stored(path, format, compression)
    await using archive = await openArchive(path)
    expect(archive.archive).toMatchObject({ format, compression, database: 'shop' })
    expect(await readContents(archive)).toEqual(CONTENTS)
    const sizes = await Promise.all(archive.archive.entries.map((entry) => archive.storedBytes(entry)))
    expect(sizes.map((size) => (size ?? 0) > 0)).toEqual([false, true, true, true, true])
  })

  test('may be read by several at once, in part, and again', async () => {
    await stored(join(folder, 'a'), format, 'lz4')
    await using archive = await openArchive(join(folder, 'a'))
    const [, rows, , blobs] = archive.archive.entries
    if (rows === undefined || blobs === undefined) throw new Error('no entries')
    for await (const chunk of archive.data(rows)) {
      expect(chunk.length).toBeGreaterThan(0)
      break
    }
    const oids: number[] = []
    for await (const { oid } of archive.largeObjects(blobs)) oids.push(oid)
    expect(oids).toEqual([16_402, 3_000_000_000, 17])
    const all = await Promise.all([1, 2, 3].map(() => readContents(archive)))
    expect(all).toEqual([CONTENTS, CONTENTS, CONTENTS])
  })

  test('stops when the signal fires', async () => {
    await stored(join(folder, 'a'), format, 'none')
    const stop = new AbortController()
    await using archive = await openArchive(join(folder, 'a'), { signal: stop.signal })
    stop.abort()
    const [, rows] = archive.archive.entries
    if (rows === undefined) throw new Error('no entry')
    expect((await refusal(bytesOf(archive.data(rows, { signal: stop.signal })))).code).toBe('run.interrupted')
    expect((await refusal(openArchive(join(folder, 'a'), { signal: stop.signal }))).code).toBe('run.interrupted')
  })
})

test('any entries with any data come back, in their order and from every version', async () => {
  const data = fc.array(fc.uint8Array({ maxLength: 300 }), { minLength: 6, maxLength: 6 })
  const kinds = fc.constantFrom(...KINDS)
  let at = 0
  await fc.assert(
    fc.asyncProperty(archives, data, kinds, async (original, all, compression) => {
      const entries = original.entries.map((entry) => ({ ...entry, hadDumper: entry.data !== undefined }))
      const given = { ...original, entries }
      const contents = new Map(
        entries.flatMap((entry, i) => (entry.hadDumper ? [[entry.dumpId, Buffer.from(all[i] ?? [])]] : [])),
      )
      const path = join(folder, String(at++))
      {
        await using writer =
          given.format === 'custom'
            ? await customWriter({ out: path, toc: given, compression })
            : await directoryWriter({ path, compression, version: given.version })
        await writeContents(writer, given, contents)
        await writer.finish(given)
      }
      await using archive = await openArchive(path)
      expect(withoutPlaces(archive.archive)).toEqual(withoutPlaces(given))
      expect(await readContents(archive)).toEqual(contents)
    }),
    { numRuns: 60 },
  )
})

describe('a custom file through a pipe', () => {
  test('holds no positions, and its data is found', async () => {
    const path = join(folder, 'piped')
    const out = createWriteStream(path)
    {
      await using writer = await customWriter({ out, toc: SAMPLE, compression: 'zstd' })
      await writeContents(writer, SAMPLE, CONTENTS)
      const files = await writer.finish(SAMPLE)
      expect(files).toMatchObject([{ path: '-' }])
      out.end()
      await finished(out)
      expect(files[0]?.sha256).toBe(
        createHash('sha256')
          .update(await readFile(path))
          .digest('hex'),
      )
    }
    await using archive = await openArchive(path)
    expect(archive.archive.entries[1]?.data).toEqual({ in: 'custom', offset: undefined })
    expect(await readContents(archive)).toEqual(CONTENTS)
    const sizes = await Promise.all(archive.archive.entries.map((entry) => archive.storedBytes(entry)))
    expect(sizes.map((size) => (size ?? 0) > 0)).toEqual([false, true, true, true, true])
  })

  test('ends with one clear error when its reader goes away', async () => {
    let taken = 0
    const out = new Writable({
      highWaterMark: 10,
      write(chunk: Buffer, _encoding, done) {
        taken += chunk.length
        done(taken > 900 ? new Error('EPIPE') : null)
      },
    })
    const writing = async () => {
      await using writer = await customWriter({ out, toc: SAMPLE, compression: 'none' })
      await writeContents(writer, SAMPLE, CONTENTS)
      await writer.finish(SAMPLE)
    }
    expect((await refusal(writing())).code).toBe('archive.unwritable')
  })
})

describe('a writer', () => {
  test('takes several tables at once into a directory, and says what it wrote', async () => {
    const path = join(folder, 'd')
    await using writer = await directoryWriter({ path, compression: 'gzip' })
    const tables = SAMPLE.entries.filter(({ desc }) => desc === 'TABLE DATA')
    const sinks = await Promise.all(tables.map((entry) => writer.data(entry)))
    for (let i = 0; i < 3; i++) for (const sink of sinks) await sink.write(Buffer.from(`${i}\n`))
    for (const sink of sinks) expect((await sink.end()).bytes).toBeGreaterThanOrEqual(6)
    await writeContents(writer, SAMPLE, new Map([...CONTENTS].filter(([id]) => id === 4)))
    const files = await writer.finish(SAMPLE)
    expect(files.map((file) => file.path).toSorted()).toEqual((await readdir(path)).toSorted())
    for (const file of files) {
      const bytes = await readFile(join(path, file.path))
      expect(file).toEqual({
        path: file.path,
        bytes: bytes.length,
        sha256: createHash('sha256').update(bytes).digest('hex'),
      })
    }
  })

  test.each(KINDS)('begins anew what was discarded, and nothing of it is left (%s)', async (compression) => {
    const path = join(folder, 'd')
    {
      await using writer = await directoryWriter({ path, compression })
      const [table] = SAMPLE.entries.filter(({ desc }) => desc === 'TABLE DATA')
      const batch = SAMPLE.entries.find(({ desc }) => desc === 'BLOBS')
      if (table === undefined || batch === undefined) throw new Error('no entry')
      const sink = await writer.data(table)
      // Some of it is on its way to the file still.
      for (let i = 0; i < 40; i++) await sink.write(Buffer.alloc(100_000, `${i}\n`))
      await writer.discard(table)
      const objects = await writer.largeObjects(batch)
      await objects.object(
        4711,
        (async function* () {
          yield Buffer.from('gone')
        })(),
      )
      await writer.discard(batch)
      await writeContents(writer, SAMPLE, CONTENTS)
      const files = await writer.finish(SAMPLE)
      expect(files.map((file) => file.path).toSorted()).toEqual((await readdir(path)).toSorted())
    }
    await using archive = await openArchive(path)
    expect(await readContents(archive)).toEqual(CONTENTS)
  })

  test('leaves nothing that looks whole where it is not finished', async () => {
    {
      await using directory = await directoryWriter({ path: join(folder, 'd'), compression: 'none' })
      await using custom = await customWriter({ out: join(folder, 'c'), toc: SAMPLE, compression: 'none' })
      for (const writer of [directory, custom]) {
        const [, entry] = SAMPLE.entries
        if (entry === undefined) throw new Error('no entry')
        const sink = await writer.data(entry)
        await sink.write(Buffer.from('1\n'))
      }
    }
    expect(await readdir(folder)).toEqual(['d'])
    expect(await readdir(join(folder, 'd'))).toEqual([])
  })

  test('overwrites nothing', async () => {
    await writeFile(join(folder, 'file'), 'mine')
    const custom = refusal(customWriter({ out: join(folder, 'file'), toc: SAMPLE, compression: 'none' }))
    expect((await custom).code).toBe('archive.exists')
    expect((await refusal(directoryWriter({ path: folder, compression: 'none' }))).code).toBe('archive.exists')
    expect((await refusal(directoryWriter({ path: join(folder, 'file'), compression: 'none' }))).code).toBe(
      'archive.unwritable',
    )
    expect(await readFile(join(folder, 'file'), 'utf8')).toBe('mine')
  })

  test('says so where the disk is full', async () => {
    const error = await refusal(
      (async () => {
        const out = createWriteStream('/dev/full')
        await using writer = await customWriter({ out, toc: SAMPLE, compression: 'none' })
        await writeContents(writer, SAMPLE, CONTENTS)
        await writer.finish(SAMPLE)
      })(),
    )
    expect(error.code).toBe('archive.unwritable')
    expect(error.message).toContain('no space left')
  })

  test('does not let data of an entry be forgotten, or written for one that has none', async () => {
    for (const format of ['directory', 'custom'] as const) {
      const path = join(folder, format)
      await using writer =
        format === 'directory'
          ? await directoryWriter({ path, compression: 'none' })
          : await customWriter({ out: path, toc: SAMPLE, compression: 'none' })
      expect((await refusal(writer.finish(SAMPLE))).code).toBe('internal.archive-data')
      await writeContents(writer, SAMPLE, CONTENTS)
      const [table] = SAMPLE.entries
      if (table === undefined) throw new Error('no entry')
      const sink = await writer.data(table)
      await sink.end()
      expect((await refusal(writer.finish(SAMPLE))).code).toBe('internal.archive-data')
    }
  })

  test('writes one entry at a time into a custom file, and the entries that it began with', async () => {
    await using writer = await customWriter({ out: join(folder, 'c'), toc: SAMPLE, compression: 'none' })
    const [table, rows] = SAMPLE.entries
    if (table === undefined || rows === undefined) throw new Error('no entries')
    const sink = await writer.data(rows)
    expect((await refusal(writer.data(rows))).message).toContain('at once')
    await sink.end()
    await writeContents(writer, SAMPLE, new Map([...CONTENTS].filter(([id]) => id !== 2)))
    const other = { ...SAMPLE, entries: SAMPLE.entries.with(0, { ...table, tag: 'longer than before' }) }
    expect((await refusal(writer.finish(other))).message).toContain('changed')
    await writer.finish(SAMPLE)
  })

  test('carries text over as bytes, whatever its encoding', async () => {
    const encoding = { dumpId: 9, desc: 'ENCODING', defn: "SET client_encoding = 'SJIS';\n", data: undefined }
    const bytes = Buffer.from([0x83, 0x5c, 0x83, 0x7b]).toString('latin1')
    const [table] = SAMPLE.entries
    if (table === undefined) throw new Error('no entry')
    const archive = {
      ...SAMPLE,
      entries: [
        { ...table, ...encoding },
        { ...table, tag: bytes },
      ],
    }
    const decoded = await refusal(customWriter({ out: join(folder, 'c'), toc: archive, compression: 'none' }))
    expect(decoded.code).toBe('archive.encoding')
    {
      await using writer = await customWriter({
        out: join(folder, 'c'),
        toc: archive,
        compression: 'none',
        text: 'bytes',
      })
      await writer.finish(archive)
    }
    await using read = await openArchive(join(folder, 'c'))
    expect(read.archive.entries[1]?.tag).toBe('ソボ')
    await using again = await openArchive(join(folder, 'c'), { text: 'bytes' })
    expect(again.archive.entries[1]?.tag).toBe(bytes)
  })
})

describe('what may lie in the place of an archive', () => {
  test('a directory is read with a table of contents that was compressed by hand', async () => {
    await stored(join(folder, 'd'), 'directory', 'none')
    execFileSync('gzip', [join(folder, 'd', 'toc.dat')])
    await using archive = await openArchive(join(folder, 'd'))
    expect(await readContents(archive)).toEqual(CONTENTS)
  })

  test('a directory without a table of contents, or a pipe, is refused at once', async () => {
    expect((await refusal(openArchive(folder))).message).toContain('toc.dat')
    execFileSync('mkfifo', [join(folder, 'pipe'), join(folder, 'toc.dat')])
    expect((await refusal(openArchive(join(folder, 'pipe')))).code).toBe('archive.corrupt')
    expect((await refusal(openArchive(folder))).code).toBe('archive.corrupt')
  })

  test('a data file that is missing, or a pipe, is found when it is read', async () => {
    await stored(join(folder, 'd'), 'directory', 'none')
    await rm(join(folder, 'd', '2.dat'))
    await using archive = await openArchive(join(folder, 'd'))
    expect((await refusal(readContents(archive))).message).toContain('2.dat is missing')
    execFileSync('mkfifo', [join(folder, 'd', '2.dat')])
    expect((await refusal(readContents(archive))).code).toBe('archive.corrupt')
  })

  test('a list of large objects leads nowhere else', async () => {
    await stored(join(folder, 'd'), 'directory', 'none')
    await using archive = await openArchive(join(folder, 'd'))
    for (const line of [
      '17 ../../etc/passwd',
      '17 /etc/passwd',
      '17 toc.dat',
      '99999999999 blob_1.dat',
      'x',
      'y'.repeat(5000),
    ]) {
      await writeFile(join(folder, 'd', 'blobs_4.toc'), `${line}\n`)
      expect((await refusal(readContents(archive))).code).toBe('archive.corrupt')
    }
    await writeFile(join(folder, 'd', 'blobs_4.toc'), '17 blob_17.dat')
    expect((await refusal(readContents(archive))).message).toContain('middle of a line')
  })

  test('a tar file holds a name once, and nothing is looked for outside of it', async () => {
    await stored(join(folder, 't'), 'tar', 'none')
    const tar = await readFile(join(folder, 't'))
    const twice = Buffer.concat([tarHeader('2.dat', 0), tar])
    await writeFile(join(folder, 'twice'), twice)
    expect((await refusal(openArchive(join(folder, 'twice')))).message).toContain('twice')
    const huge = Buffer.from(tar)
    tarHeader('toc.dat', 0o77777777777).copy(huge)
    await writeFile(join(folder, 'huge'), huge)
    expect((await refusal(openArchive(join(folder, 'huge')))).code).toBe('archive.corrupt')
  })
})
