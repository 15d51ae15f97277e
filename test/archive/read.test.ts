import { mkdtemp, rm, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { readArchive, type Archive, type Entry } from '../../src/archive/index.ts'
import { PgleapError } from '../../src/errors.ts'
import { archives, widths } from './arbitrary.ts'
import { archiveOf, entryOf } from './sample.ts'
import { writeArchive } from './write.ts'

const entry = entryOf()
const sample = archiveOf([entry, entryOf({ dumpId: 2, desc: 'SOMETHING NEW', tag: 'größe' })])

function fixture(name: string): string {
  return fileURLToPath(new URL(`fixtures/${name}`, import.meta.url))
}

function line({ dumpId, catalogOid, desc, namespace, tag, owner, section }: Entry): string {
  return [dumpId, catalogOid.table, catalogOid.object, desc, namespace ?? '-', tag, owner ?? '-', section].join(' ')
}

async function failure(read: Promise<unknown>): Promise<PgleapError> {
  const error: unknown = await read.then(
    () => undefined,
    (reason: unknown) => reason,
  )
  if (!(error instanceof PgleapError)) throw new Error('expected a PgleapError', { cause: error })
  return error
}

describe('reading an archive', () => {
  test('gives back whatever was written, for every version, format and width of numbers', async () => {
    await fc.assert(
      fc.asyncProperty(archives, widths, async (archive, width) => {
        expect(await readArchive(writeArchive(archive, width))).toEqual(archive)
      }),
    )
  })

  test('keeps the position of data blocks, and kinds that it does not know', async () => {
    const withData = { ...entry, data: { in: 'custom' as const, offset: 250n } }
    const archive = { ...sample, entries: [withData] }
    const size = writeArchive(archive).length
    archive.entries = [{ ...withData, data: { in: 'custom', offset: BigInt(size) } }]
    expect(await readArchive(writeArchive(archive, undefined, 5))).toEqual(archive)
    expect((await readArchive(writeArchive(sample))).entries[1]?.desc).toBe('SOMETHING NEW')
  })

  test('reads text in the encoding that the archive names', async () => {
    const encoding = { ...entry, dumpId: 9, desc: 'ENCODING', defn: "SET client_encoding = 'WIN1251';\n" }
    const bytes = writeArchive({ ...sample, entries: [encoding, { ...entry, tag: 'XXXX' }] })
    Buffer.from([0xe4, 0xe0, 0xec, 0xe0]).copy(bytes, bytes.indexOf('XXXX'))
    expect((await readArchive(bytes)).entries[1]?.tag).toBe('дама')
  })

  test('reads a table of contents that is longer than one read of the file', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'pgleap-archive-'))
    try {
      const long = { ...sample, entries: [entry, { ...entry, dumpId: 2, defn: 'x'.repeat(3_000_000) }] }
      await writeFile(join(folder, 'a.dump'), writeArchive(long))
      expect(await readArchive(join(folder, 'a.dump'))).toEqual(long)
      await writeFile(join(folder, 'toc.dat'), writeArchive({ ...sample, format: 'directory' }))
      expect(await readArchive(folder)).toEqual({ ...sample, format: 'directory' })
      await writeFile(join(folder, 'a.dump'), writeArchive(long).subarray(0, 2_000_000))
      const error = await failure(readArchive(join(folder, 'a.dump')))
      expect(error.code).toBe('archive.corrupt')
      expect(error.message).toContain(join(folder, 'a.dump'))
    } finally {
      await rm(folder, { recursive: true })
    }
  })
})

describe('an archive of version 1.14 by pg_dump 15, made for this test', () => {
  test('is read as pg_restore reads it', async () => {
    const archive = await readArchive(fixture('pg15.dump'))
    expect(archive).toMatchObject({
      format: 'custom',
      version: { major: 1, minor: 14, revision: 0 },
      compression: 'gzip',
      database: 'shop',
      serverVersion: '13.23',
      pgDumpVersion: '15.20 (Debian 15.20-0+deb12u1)',
    })
    expect(archive.entries.map(line)).toEqual([
      '2944 0 0 ENCODING - ENCODING - pre-data',
      '2945 0 0 STDSTRINGS - STDSTRINGS - pre-data',
      '2946 0 0 SEARCHPATH - SEARCHPATH - pre-data',
      '2947 1262 16384 DATABASE - shop postgres pre-data',
      '6 2615 16385 SCHEMA - Größe postgres pre-data',
      '4 2615 2200 SCHEMA - public postgres pre-data',
      '2948 0 0 ACL - SCHEMA public postgres none',
      '201 1259 16386 TABLE Größe orders postgres pre-data',
      '204 1259 16403 MATERIALIZED VIEW public m postgres pre-data',
      '202 1259 16394 TABLE public plain postgres pre-data',
      '203 1259 16397 VIEW public v postgres pre-data',
      '2949 0 0 COMMENT public VIEW v postgres none',
      '2950 0 0 ACL public TABLE v postgres none',
      '2940 2613 16402 BLOB - 16402 postgres pre-data',
      '2938 0 16386 TABLE DATA Größe orders postgres data',
      '2941 0 0 BLOBS - BLOBS - data',
      '2805 2606 16393 CONSTRAINT Größe orders orders_pkey postgres post-data',
      '2803 1259 16401 INDEX Größe orders_note_idx postgres post-data',
      '2939 0 16403 MATERIALIZED VIEW DATA public m postgres post-data',
    ])
    const data = archive.entries.find(({ desc }) => desc === 'TABLE DATA')
    expect(data).toMatchObject({
      copyStmt: 'COPY "Größe".orders (id, note) FROM stdin;\n',
      hadDumper: true,
      dependencies: [201],
      data: { in: 'custom', offset: 3970n },
    })
  })

  test('is the same in directory format, with the names of data files in place of their positions', async () => {
    const custom = await readArchive(fixture('pg15.dump'))
    const directory = await readArchive(fixture('pg15.dir'))
    const aside = { format: undefined, createdAt: undefined }
    const files = new Map([
      ['TABLE DATA', '2938.dat'],
      ['BLOBS', 'blobs.toc'],
    ])
    expect({ ...directory, ...aside }).toEqual({
      ...custom,
      ...aside,
      entries: custom.entries.map((entry) => {
        const file = files.get(entry.desc)
        return { ...entry, data: file === undefined ? undefined : { in: 'directory', file } }
      }),
    })
  })
})

describe('a damaged archive', () => {
  test('is refused wherever it is cut off', async () => {
    for (const format of ['custom', 'directory'] as const) {
      const bytes = writeArchive({ ...sample, format })
      for (let length = 0; length < bytes.length; length++) {
        const error = await failure(readArchive(bytes.subarray(0, length)))
        expect(error.code).toBe(length < 5 ? 'archive.not-an-archive' : 'archive.corrupt')
        expect(error.hint).toBeTruthy()
      }
    }
  })

  test('is read or refused with one clear error, whichever bytes are flipped', async () => {
    const flips = fc.array(fc.tuple(fc.nat(), fc.integer({ min: 1, max: 255 })), { minLength: 1, maxLength: 8 })
    await fc.assert(
      fc.asyncProperty(archives, flips, async (archive, changes) => {
        const bytes = writeArchive(archive)
        for (const [at, mask] of changes) bytes[at % bytes.length] = (bytes[at % bytes.length] ?? 0) ^ mask
        const outcome = await readArchive(bytes).catch((error: unknown) => error)
        if (!(outcome instanceof Error)) return
        expect(outcome).toBeInstanceOf(PgleapError)
        expect(outcome).toMatchObject({ code: expect.stringMatching(/^archive\./), hint: expect.stringMatching(/./) })
      }),
      { numRuns: 1000 },
    )
  })

  test('never makes it allocate or read what a length field claims', async () => {
    const bytes = writeArchive(sample)
    const at = bytes.indexOf('orders') - 4
    bytes.writeUInt32LE(0x7fffffff, at)
    expect((await failure(readArchive(bytes))).message).toContain('a text of 2147483647 bytes')
    bytes.writeUInt32LE(500_000_000, at)
    const folder = await mkdtemp(join(tmpdir(), 'pgleap-archive-'))
    try {
      await writeFile(join(folder, 'sparse'), bytes)
      await truncate(join(folder, 'sparse'), 1_000_000_000)
      expect((await failure(readArchive(join(folder, 'sparse')))).message).toContain('a text of 500000000 bytes')
    } finally {
      await rm(folder, { recursive: true })
    }
  })

  test('is refused when a damaged count would lose entries silently', async () => {
    for (const format of ['custom', 'directory'] as const) {
      const bytes = writeArchive({ ...sample, format })
      const fewer = writeArchive({ ...sample, format, entries: [entry] })
      expect(bytes.subarray(0, fewer.length)).not.toEqual(fewer)
      fewer.copy(bytes)
      expect((await failure(readArchive(bytes))).code).toBe('archive.corrupt')
    }
  })

  test('is refused when a data file lies outside of the directory, or data outside of the file', async () => {
    const escaping = { ...entry, data: { in: 'directory' as const, file: '../secret' } }
    const directory = writeArchive({ ...sample, format: 'directory', entries: [escaping] })
    expect((await failure(readArchive(directory))).code).toBe('archive.corrupt')
    const outside = { ...entry, data: { in: 'custom' as const, offset: 1n << 40n } }
    expect((await failure(readArchive(writeArchive({ ...sample, entries: [outside] })))).code).toBe('archive.corrupt')
  })

  test.each<[string, Partial<Archive>, Partial<Entry>]>([
    ['two entries of one number', { entries: [entry, entry] }, {}],
    ['an entry without a number', {}, { dumpId: 0 }],
    ['a number beyond 32 bits', {}, { dumpId: 0x8000_0000 }],
    ['a negative number of an entry', {}, { dumpId: -5 }],
    ['an OID that is none', {}, { catalogOid: { table: 1.5, object: 0 } }],
    ['an OID that is too large', {}, { catalogOid: { table: 0, object: 0x1_0000_0000 } }],
    ['a dependency that is no number', {}, { dependencies: [NaN] }],
    ['a dependency that is too large', {}, { dependencies: [0x8000_0000] }],
    ['a relation of an odd kind', {}, { relkind: 'ÿ' }],
    ['a zero byte in a text', {}, { defn: 'CREATE\0TABLE' }],
    ['a date in the 14th month', { createdAt: Object.assign(new Date(2026, 0), { getMonth: () => 13 }) }, {}],
    ['a data file that is the directory', { format: 'directory' }, { data: { in: 'directory', file: '..' } }],
    ['data in front of its table of contents', {}, { data: { in: 'custom', offset: 5n } }],
  ])('is refused for %s', async (_what, archive, fields) => {
    const bytes = writeArchive({ ...sample, entries: [{ ...entry, ...fields }], ...archive })
    expect((await failure(readArchive(bytes))).code).toBe('archive.corrupt')
  })

  test.each([
    ['a width of numbers', 8, 0],
    ['a width of numbers', 9, 200],
    ['a format', 10, 4],
    ['a compression', 11, 9],
    ['a sign', 12, 7],
  ])('is refused for %s that does not exist', async (_what, at, value) => {
    const bytes = writeArchive(sample)
    bytes[at] = value
    expect((await failure(readArchive(bytes))).code).toBe('archive.corrupt')
  })

  test.each([
    ["SET client_encoding = 'MULE_INTERNAL';", 'archive.encoding'],
    ['SET client_encoding', 'archive.corrupt'],
  ])('is refused for an encoding that is unknown or missing: %s', async (defn, code) => {
    const bytes = writeArchive({ ...sample, entries: [{ ...entry, desc: 'ENCODING', defn }] })
    expect((await failure(readArchive(bytes))).code).toBe(code)
  })

  test('says what it is instead: a newer or older version, an SQL script, a missing file, text in no encoding', async () => {
    const versioned = (minor: number) => {
      const bytes = writeArchive(sample)
      bytes[6] = minor
      return bytes
    }
    expect((await failure(readArchive(versioned(17)))).message).toBe(
      'The archive has format version 1.17; pgleap reads 1.12 to 1.16.',
    )
    expect((await failure(readArchive(versioned(17)))).code).toBe('archive.version')
    expect((await failure(readArchive(versioned(11)))).hint).toContain('9.0')
    const script = await failure(readArchive(Buffer.from('--\n-- PostgreSQL database dump\n--\n')))
    expect(script.code).toBe('archive.not-an-archive')
    expect(script.hint).toContain('psql')
    expect((await failure(readArchive('/no/such/file'))).code).toBe('archive.unreadable')
    const bytes = writeArchive(sample)
    bytes[bytes.indexOf('größe') + 2] = 0xff
    expect((await failure(readArchive(bytes))).code).toBe('archive.encoding')
  })
})
