import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { accessSync, constants, readFileSync } from 'node:fs'
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { PassThrough } from 'node:stream'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openArchive, type Compression } from '../../src/archive/index.ts'
import { convert, dump, list } from '../../src/files/index.ts'
import { runBundled } from '../../src/pgdump/bundled.ts'
import { listingText, plain, type Event } from '../../src/report/index.ts'
import { readContents } from '../archive/stored.ts'
import { bytesOf, refusal } from '../archive/streams.ts'
import { freshDatabase, psqlLike, server, type FreshDatabase } from '../kit/index.ts'
import { session } from '../pgdump/support.ts'

const run = promisify(execFile)

/** PostgreSQL's own programs, where this machine has them: in the folders of PGLEAP_PEERS, or on the PATH. */
function peer(name: string): string | undefined {
  const folders = [process.env['PGLEAP_PEERS'], process.env['PATH']].flatMap((names) => names?.split(delimiter) ?? [])
  return folders.map((folder) => join(folder, name)).find(isExecutable)
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK)
    return true
  } catch {
    return false
  }
}

const ODD_ROWS = String.raw`
  create schema "Größe";
  create table "Größe".odd (a text, b bytea, c numeric[]);
  insert into "Größe".odd values ('x\y', '\x00ff', '{1,null}'), (null, null, null), ('\.', 'a', '{}'), (E'tab\there\nnl', 'z', '{3}');
  create table many as select i as id, md5(i::text) as note from generate_series(1, 20000) i;
  alter table many add primary key (id);
  create table none ();
  create table blank (x text);
  insert into blank select '' from generate_series(1, 5);
  create sequence counted start 7;
  select nextval('counted'), nextval('counted');
  create view looking as select * from many;
  create materialized view kept as select count(*) from many;
  select lo_from_bytea(4000000000, decode(repeat('00ff5c', 20000), 'hex'));
  select lo_create(77);
  comment on large object 77 is 'an empty one';
  grant select on many to public;`

let folder: string
let source: FreshDatabase
/** By pgleap, with all data. */
let original: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pgleap-convert-'))
  source = await freshDatabase(await server(17), { with: `template template0 encoding 'UTF8'` })
  await source.query(ODD_ROWS)
  original = join(folder, 'original')
  await dump({ source: source.url, to: original, format: 'custom', compression: 'none' })
})

afterAll(async () => {
  await source[Symbol.asyncDispose]()
  await rm(folder, { recursive: true })
})

/** Of all but large objects, for which it has messages of its own. */
async function bundledDump(url: string): Promise<Uint8Array> {
  await using connected = await session(url)
  const args = ['--format=custom', '--compress=0', '--encoding=UTF8', '--no-sync', '--no-large-objects']
  return (await runBundled(connected, args, new AbortController().signal)).archive
}

/** All data by what it is of, whatever its number: text for rows, checksums for large objects. */
async function contentsOf(path: string): Promise<Map<string, unknown>> {
  await using archive = await openArchive(path)
  const contents = await readContents(archive)
  const named = new Map<string, unknown>()
  for (const { dumpId, desc, tag } of archive.archive.entries) {
    const content = contents.get(dumpId)
    if (content instanceof Map)
      named.set(
        `${desc} ${tag}`,
        [...content].map(([oid, bytes]) => [oid, sum(bytes)]),
      )
    else if (content !== undefined) named.set(`${desc} ${tag}`, sum(content))
  }
  return named
}

function sum(bytes: Buffer): string {
  return bytes.length < 200 ? bytes.toString() : createHash('sha256').update(bytes).digest('hex')
}

test('an archive of the bundled pg_dump, which writes INSERT statements, becomes a script', async () => {
  const path = join(folder, 'bundled')
  await writeFile(path, await bundledDump(source.url))
  const contents = await contentsOf(path)
  expect(contents.get('TABLE DATA blank')).toBe(`${"INSERT INTO public.blank VALUES ('');\n".repeat(5)}\n\n`)
  expect(contents.get('TABLE DATA none')).toBe('\n\n')
  await convert({ from: path, to: join(folder, 'inserts.sql'), format: 'plain' })
  await using target = await freshDatabase(await server(17), { with: `template template0 encoding 'UTF8'` })
  await psqlLike(target.url, withoutRestrictions(readFileSync(join(folder, 'inserts.sql'), 'utf8')))
  expect(
    await target.query('select count(*)::int as many, (select count(*)::int from blank) as blank from many'),
  ).toEqual([{ many: 20_000, blank: 5 }])
})

describe('an archive', () => {
  test('is read with its rows as COPY gives them, and its large objects', async () => {
    const contents = await contentsOf(original)
    expect(String(contents.get('TABLE DATA odd')).split('\n')[0]).toBe('x\\\\y\t\\\\x00ff\t{1,NULL}')
    expect(contents.get('TABLE DATA blank')).toBe('\n\n\n\n\n')
    expect(contents.get('TABLE DATA none')).toBe('')
    const many = Array.from(
      { length: 20_000 },
      (_, i) =>
        `${i + 1}\t${createHash('md5')
          .update(`${i + 1}`)
          .digest('hex')}\n`,
    )
    expect(contents.get('TABLE DATA many')).toBe(sum(Buffer.from(many.join(''))))
    const objects = [...contents].filter(([name]) => name.startsWith('BLOBS')).flatMap(([, found]) => found)
    expect(objects).toEqual([
      [77, ''],
      [4_000_000_000, sum(Buffer.from('00ff5c'.repeat(20_000), 'hex'))],
    ])
  })

  test('is listed with kinds, names, owners and sizes', async () => {
    const listing = await list({ from: original })
    expect(listing).toMatchObject({ format: 'custom', version: '1.16', compression: 'none', encoding: 'UTF8' })
    expect(listing.createdAt).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d$/)
    const rows = listing.entries.find(({ kind, name }) => kind === 'TABLE DATA' && name === 'many')
    expect(rows).toMatchObject({ schema: 'public', section: 'data', dependencies: [expect.any(Number)] })
    expect(rows?.storedBytes).toBeGreaterThan(700_000)
    expect(listing.storedBytes).toBeGreaterThan(700_000 + 60_000)
    const text = listingText(listing, plain)
    expect(text).toMatch(/^ *\d+ {2}TABLE DATA +public +many +\S+ +7\d\d kB$/m)
    expect(text).toMatch(/^ *\d+ {2}SCHEMA +- +Größe +\S+$/m)
  })

  test.each<[string, 'directory' | 'custom', Compression]>([
    ['a directory', 'directory', 'zstd'],
    ['a custom file', 'custom', 'lz4'],
    ['a custom file', 'custom', 'gzip'],
  ])('becomes %s and comes back the same', async (_what, format, compression) => {
    const to = join(folder, `${format}-${compression}`)
    const events: Event[] = []
    const { files } = await convert({ from: original, to, format, compression, onEvent: (event) => events.push(event) })
    expect(await contentsOf(to)).toEqual(await contentsOf(original))
    const before = await list({ from: original })
    const after = await list({ from: to })
    expect(after).toMatchObject({
      format,
      compression,
      entries: before.entries.map((entry) => ({ ...entry, storedBytes: expect.any(Number) })),
    })
    const names = format === 'directory' ? await readdir(to) : [`${format}-${compression}`]
    expect(files.map(({ path }) => path).toSorted()).toEqual(names.toSorted())
    const done = events.filter(({ type }) => type === 'step-done')
    expect(done).toHaveLength(events.filter(({ type }) => type === 'step-started').length)
    expect(events[0]).toMatchObject({ type: 'plan', steps: done.length })
  })

  test.each([13, 18] as const)('becomes a script that a server of %i takes', async (major) => {
    const to = join(folder, `script-${major}.sql`)
    await convert({ from: join(folder, 'directory-zstd'), to, format: 'plain' })
    await using target = await freshDatabase(await server(major), { with: `template template0 encoding 'UTF8'` })
    await psqlLike(target.url, withoutRestrictions(readFileSync(to, 'utf8')))
    const again = join(folder, `again-${major}`)
    await dump({ source: target.url, to: again, format: 'custom' })
    expect(await contentsOf(again)).toEqual(await contentsOf(original))
    expect(await target.query('select last_value::int from counted')).toEqual([{ last_value: 8 }])
    expect(await target.query('select count::int from kept')).toEqual([{ count: 20_000 }])
  })

  test('streams as a script or a custom file', async () => {
    for (const format of ['plain', 'custom'] as const) {
      const out = new PassThrough()
      const all = bytesOf(out)
      await convert({ from: original, to: out, format, compression: 'none' })
      out.end()
      expect((await all).includes('x\\\\y\t\\\\x00ff\t{1,NULL}')).toBe(true)
    }
    const out = new PassThrough()
    expect((await refusal(convert({ from: original, to: out, format: 'directory' }))).code).toBe('usage.option')
  })

  test('leaves nothing behind when it stops', async () => {
    for (const format of ['directory', 'custom', 'plain'] as const) {
      const stop = new AbortController()
      const to = join(folder, 'stopped')
      const work = convert({
        from: original,
        to,
        format,
        signal: stop.signal,
        onEvent: ({ type }) => {
          if (type === 'step-done') stop.abort()
        },
      })
      expect((await refusal(work)).code).toBe('run.interrupted')
      expect((await readdir(folder)).filter((name) => name.startsWith('stopped'))).toEqual([])
    }
  })
})

/** What psql alone understands. */
function withoutRestrictions(script: string): string {
  return script.replaceAll(/^\\(un)?restrict .*$/gm, '')
}

const PAIRS = [17, 18].flatMap((major) => {
  const pgDump = peer(`pg_dump${major}`)
  const pgRestore = peer(`pg_restore${major}`)
  return pgDump === undefined || pgRestore === undefined ? [] : [{ major, pgDump, pgRestore }]
})

describe.each(PAIRS)('with pg_dump and pg_restore $major', ({ major, pgDump, pgRestore }) => {
  async function script(archive: string): Promise<string> {
    const { stdout } = await run(pgRestore, ['-f', '-', archive], { maxBuffer: 64 * 1024 * 1024 })
    return withoutRestrictions(stdout)
  }

  test.each([
    ['c', 'none'],
    ['c', 'gzip'],
    ['c', 'lz4'],
    ['c', 'zstd'],
    ['d', 'none'],
    ['d', 'gzip'],
    ['d', 'lz4'],
    ['d', 'zstd:1'],
    ['t', 'none'],
  ])(
    'their archive (-F%s, %s) reads the same, and what it is converted to restores the same',
    async (format, packing) => {
      const theirs = join(folder, `theirs-${major}-${format}-${packing}`)
      await run(pgDump, [`-F${format}`, '-Z', packing, '-f', theirs, source.url])
      expect(await contentsOf(theirs)).toEqual(await contentsOf(original))
      const expected = await script(theirs)
      for (const [to, compression] of [
        ['directory', packing === 'none' ? 'gzip' : 'none'],
        ['custom', packing === 'gzip' ? 'lz4' : 'zstd'],
        ['directory', packing === 'lz4' ? 'zstd' : 'lz4'],
        ['custom', packing === 'lz4' ? 'none' : 'gzip'],
      ] as const) {
        const ours = `${theirs}-${to}-${compression}`
        await convert({ from: theirs, to: ours, format: to, compression })
        expect((await script(ours)) === expected).toBe(true)
      }
    },
  )
})
