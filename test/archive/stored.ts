import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import {
  customWriter,
  directoryWriter,
  type Archive,
  type ArchiveWriter,
  type Compression,
  type Entry,
  type OpenArchive,
} from '../../src/archive/index.ts'
import { bytesOf } from './streams.ts'
import { archiveOf, entryOf, plainEntry } from './sample.ts'

/** Data of an archive's entries, by dump id: rows, or large objects by OID. */
export type Contents = Map<number, Buffer | Map<number, Buffer>>

export const SAMPLE: Archive = archiveOf([
  entryOf(),
  entryOf({
    dumpId: 2,
    desc: 'TABLE DATA',
    section: 'data',
    copyStmt: 'COPY shop.orders (id) FROM stdin;\n',
    hadDumper: true,
  }),
  entryOf({ dumpId: 3, desc: 'TABLE DATA', tag: 'old', section: 'data', hadDumper: true }),
  plainEntry({ dumpId: 4, desc: 'BLOBS', tag: 'BLOBS', section: 'data', hadDumper: true }),
  entryOf({
    dumpId: 5,
    desc: 'TABLE DATA',
    tag: 'empty',
    section: 'data',
    copyStmt: 'COPY shop.empty () FROM stdin;\n',
    hadDumper: true,
  }),
])

export const CONTENTS: Contents = new Map<number, Buffer | Map<number, Buffer>>([
  [2, Buffer.from(Array.from({ length: 60 }, (_, i) => `${i}\trow ${i % 7}\n`).join(''))],
  [3, Buffer.from("INSERT INTO shop.old VALUES (1, 'x');\n\n\n")],
  [
    4,
    new Map([
      [16_402, Buffer.from('a large object'.repeat(10))],
      [3_000_000_000, Buffer.alloc(0)],
      [17, Buffer.alloc(300, 7)],
    ]),
  ],
  [5, Buffer.alloc(0)],
])

export async function writeContents(writer: ArchiveWriter, archive: Archive, contents: Contents): Promise<void> {
  for (const entry of archive.entries) {
    const content = contents.get(entry.dumpId)
    if (content === undefined) continue
    if (content instanceof Map) {
      const sink = await writer.largeObjects(entry)
      for (const [oid, bytes] of content) await sink.object(oid, createChunks(bytes))
      await sink.end()
    } else {
      const sink = await writer.data(entry)
      for await (const chunk of createChunks(content)) await sink.write(chunk)
      await sink.end()
    }
  }
}

/** The sample as an archive at that path. */
export async function stored(
  path: string,
  format: 'custom' | 'directory' | 'tar',
  compression: Compression,
): Promise<void> {
  if (format === 'tar') {
    await stored(`${path}.d`, 'directory', compression)
    await writeTar(path, `${path}.d`)
    return
  }
  await using writer =
    format === 'custom'
      ? await customWriter({ out: path, toc: SAMPLE, compression })
      : await directoryWriter({ path, compression })
  await writeContents(writer, SAMPLE, CONTENTS)
  await writer.finish(SAMPLE)
}

export async function readContents(archive: OpenArchive): Promise<Contents> {
  const contents: Contents = new Map()
  for (const entry of archive.archive.entries.filter(({ data }) => data !== undefined)) {
    contents.set(
      entry.dumpId,
      entry.desc === 'BLOBS' ? await objects(archive, entry) : await bytesOf(archive.data(entry)),
    )
  }
  return contents
}

async function objects(archive: OpenArchive, entry: Entry): Promise<Map<number, Buffer>> {
  const found = new Map<number, Buffer>()
  for await (const { oid, data } of archive.largeObjects(entry)) found.set(oid, await bytesOf(data))
  return found
}

async function* createChunks(bytes: Buffer): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += 700) yield await Promise.resolve(bytes.subarray(at, at + 700))
}

/** A tar file of a directory's files, as pg_dump -Ft lays it out: the table of contents first. */
async function writeTar(path: string, folder: string): Promise<void> {
  const names = (await readdir(folder)).toSorted((a, b) => Number(b === 'toc.dat') - Number(a === 'toc.dat'))
  const parts: Buffer[] = []
  for (const name of names) {
    const bytes = await readFile(join(folder, name))
    parts.push(tarHeader(name, bytes.length), bytes, Buffer.alloc((512 - (bytes.length % 512)) % 512))
  }
  await writeFile(path, Buffer.concat([...parts, Buffer.alloc(1024)]))
}

export function tarHeader(name: string, size: number): Buffer {
  const header = Buffer.alloc(512)
  header.write(name, 0)
  header.write('0000600\0', 100)
  header.write(`${size.toString(8).padStart(11, '0')}\0`, 124)
  header.write('        0', 148)
  header.write('ustar\x0000', 257)
  const sum = header.reduce((total, byte) => total + byte, 0)
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148)
  return header
}
