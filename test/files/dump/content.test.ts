import { execFileSync } from 'node:child_process'
import { createWriteStream, existsSync, mkdtempSync, readdirSync, readFileSync, rmdirSync } from 'node:fs'
import { pipeline } from 'node:stream/promises'
import { Writable } from 'node:stream'
import { expect, onTestFinished, test } from 'vitest'
import { openArchive, type Entry } from '../../../src/archive/index.ts'
import { dump } from '../../../src/files/dump/dump.ts'
import { manifestPath, readManifest } from '../../../src/files/manifest.ts'
import { freshDatabase, freshRole, server } from '../../kit/index.ts'
import { fingerprint } from '../../migrate/support.ts'
import { runStock, scratch, stock } from './support.ts'

async function rowsOf(path: string, table: string): Promise<string> {
  await using archive = await openArchive(path)
  const entry = archive.archive.entries.find(({ desc, tag }) => desc === 'TABLE DATA' && tag === table)
  if (entry === undefined) throw new Error(`the archive has no rows of ${table}`)
  const chunks: Buffer[] = []
  for await (const chunk of archive.data(entry)) chunks.push(chunk)
  return Buffer.concat(chunks).toString('latin1')
}

async function entriesOf(path: string): Promise<Entry[]> {
  await using archive = await openArchive(path)
  return archive.archive.entries
}

test('patterns choose tables and rows, and the manifest says what they were', async () => {
  await using source = await freshDatabase(await server(16))
  await source.query(`
    create table wanted (id int primary key, note text); insert into wanted values (1, 'a'), (2, null);
    create table empty_here (id serial); insert into empty_here default values;
    create table left_out (id int); insert into left_out values (1);
    create view over_left_out as select * from left_out`)
  await using folder = await scratch()
  const to = folder.path('archive')
  const report = await dump({ source: source.url, to, exclude: ['left_out'], excludeData: ['empty_here'] })
  expect(report.notices.map(({ code, object }) => [code, object])).toEqual([['plan.left-out', 'over_left_out']])
  expect((await entriesOf(to)).filter(({ desc }) => desc === 'TABLE DATA').map(({ tag }) => tag)).toEqual(['wanted'])
  expect(await rowsOf(to, 'wanted')).toBe('1\ta\n2\t\\N\n')
  expect(await readManifest(manifestPath(to, 'directory'))).toMatchObject({
    filters: { include: [], exclude: ['left_out'], excludeData: ['empty_here'] },
    tables: [{ schema: 'public', name: 'wanted', rows: 2, bytes: 9 }],
    content: {
      tables: [
        {
          name: 'wanted',
          rows: 2,
          columns: [
            { name: 'id', builtIn: 'int4' },
            { name: 'note', builtIn: 'text' },
          ],
        },
      ],
    },
  })
  await expect(dump({ source: source.url, to: folder.path('x'), include: ['no_such'] })).rejects.toMatchObject({
    code: 'filter.unmatched',
  })
  expect(readdirSync(folder.path('.'))).toEqual(['archive'])
})

test('generated columns are left out, long rows and rows of many parts are whole', async () => {
  await using source = await freshDatabase(await server(16))
  await source.query(`
    create table made (a int, b int generated always as (a * 2) stored, "C c" text); insert into made values (1, default, 'x');
    create table wide (id int, pad text);
    insert into wide select i, repeat(md5(i::text), case when i % 40 = 0 then 100000 else 30 end) from generate_series(1, 400) i;
    alter table wide alter pad set storage external`)
  await using folder = await scratch()
  const to = folder.path('archive')
  await dump({ source: source.url, to, jobs: 4, partSize: 16_384 })
  const entries = await entriesOf(to)
  expect(entries.find(({ desc, tag }) => desc === 'TABLE DATA' && tag === 'made')).toMatchObject({
    copyStmt: 'COPY "public"."made" ("a", "C c") FROM stdin;\n',
    hadDumper: true,
  })
  expect(await rowsOf(to, 'made')).toBe('1\tx\n')
  const expected = await source.query<{ line: string }>(`select id || e'\\t' || pad as line from wide`)
  expect((await rowsOf(to, 'wide')).split('\n').slice(0, -1).toSorted()).toEqual(
    expected.map(({ line }) => line).toSorted(),
  )
})

test('large objects keep owners, grants and comments, and have the entries that pg_dump gives them', async ({
  skip,
}) => {
  const at = await server(18)
  await using reader = await freshRole(at)
  await using source = await freshDatabase(at)
  await source.query(`
    select lo_create(7001); select lo_from_bytea(7002, decode(repeat('c0ffee', 900000), 'hex')); select lo_from_bytea(7003, 'x');
    grant select on large object 7002, 7003 to ${reader.name}; revoke update on large object 7001 from postgres;
    comment on large object 7003 is 'It''s one'`)
  await using folder = await scratch()
  const report = await dump({ source: source.url, to: folder.path('archive') })
  expect(report.databases[0]?.largeObjects).toEqual({ count: 3, bytes: 2_700_001 })

  const restore = stock('pg_restore', 18)
  skip(restore === undefined, 'there is no stock pg_restore here')
  await using target = await freshDatabase(at)
  await runStock(restore ?? '', ['--exit-on-error', '--dbname', target.url, folder.path('archive')])
  const objects = `select m.oid::int, lomowner::regrole::text as owner, md5(lo_get(m.oid)) as content,
      obj_description(m.oid, 'pg_largeobject') as comment, (select array_agg(x::text order by x::text) from unnest(lomacl) x) as acl
    from pg_largeobject_metadata m order by 1`
  expect(await target.query(objects)).toEqual(await source.query(objects))
  // The grants go before the role can.
  await source.query('select lo_unlink(oid) from pg_largeobject_metadata')
  await target.query('select lo_unlink(oid) from pg_largeobject_metadata')
})

test('rows of partitions by the hash of an enum are loaded through the root, as pg_dump has it', async ({ skip }) => {
  const [pgDump, at] = [stock('pg_dump', 18), await server(16)]
  skip(pgDump === undefined, 'there is no stock pg_dump here')
  await using source = await freshDatabase(at)
  await source.query(`
    create type mood as enum ('sad', 'ok', 'happy');
    create table feelings (m mood, n int) partition by hash (m);
    create table feelings_0 partition of feelings for values with (modulus 2, remainder 0) partition by hash (n);
    create table feelings_1 partition of feelings for values with (modulus 2, remainder 1);
    create table feelings_00 partition of feelings_0 for values with (modulus 1, remainder 0);
    create table numbers (n int) partition by hash (n);
    create table numbers_0 partition of numbers for values with (modulus 1, remainder 0);
    insert into feelings select m, 1 from unnest(enum_range(null::mood)) m; insert into numbers values (1)`)
  await using folder = await scratch()
  await dump({ source: source.url, to: folder.path('ours') })
  await runStock(pgDump ?? '', ['--dbname', source.url, '-Fd', '-f', folder.path('theirs')])
  const data = async (archive: string) =>
    (await entriesOf(folder.path(archive)))
      .filter(({ desc }) => desc === 'TABLE DATA')
      .map(({ tag, defn, copyStmt, owner, namespace }) => ({
        tag,
        defn: defn.replaceAll('"', '').trim(),
        copyStmt: copyStmt.replaceAll('"', ''),
        owner,
        namespace,
      }))
  expect(await data('ours')).toEqual(await data('theirs'))
})

test('a database in LATIN1 travels as UTF8, one in SQL_ASCII as the bytes that it has', async () => {
  const at = await server(16)
  await using folder = await scratch()
  for (const [encoding, bytes] of [
    ['LATIN1', 'é\n'],
    ['SQL_ASCII', '\u00E9\n'],
  ] as const) {
    await using source = await freshDatabase(at, { with: `template template0 encoding '${encoding}' locale 'C'` })
    await source.query(`create table t as select convert_from('\\xe9', '${encoding}') as x`)
    const to = folder.path(encoding)
    await dump({ source: source.url, to })
    expect(await rowsOf(to, 't')).toBe(encoding === 'LATIN1' ? Buffer.from(bytes).toString('latin1') : bytes)
    const named = (await entriesOf(to)).find(({ desc }) => desc === 'ENCODING')?.defn
    expect(named).toContain(encoding === 'LATIN1' ? 'UTF8' : 'SQL_ASCII')
  }
})

test('a role from which rows are hidden is refused before anything is made', async () => {
  const at = await server(16)
  await using role = await freshRole(at)
  await using source = await freshDatabase(at)
  await source.query(`
    create table secret (id int); insert into secret values (1); alter table secret enable row level security;
    grant select on secret to ${role.name}`)
  await using folder = await scratch()
  await expect(dump({ source: source.urlFor(role.name), to: folder.path('archive') })).rejects.toMatchObject({
    code: 'source.row-security',
  })
  expect(readdirSync(folder.path('.'))).toEqual([])
  await source.query('drop table secret')
})

test('what is there already is never overwritten', async () => {
  await using source = await freshDatabase(await server(16))
  await using folder = await scratch()
  const to = folder.path('archive')
  await dump({ source: source.url, to, hashes: 'none' })
  await expect(dump({ source: source.url, to })).rejects.toMatchObject({ code: 'archive.exists' })
  const file = folder.path('file')
  await dump({ source: source.url, to: file, format: 'custom' })
  await expect(dump({ source: source.url, to: file, format: 'custom' })).rejects.toMatchObject({
    code: 'archive.exists',
  })
  expect(readdirSync(folder.path('.')).toSorted()).toEqual(['archive', 'file', 'file.manifest.json'])
  expect((await readManifest(manifestPath(to, 'directory')))?.content).toBeUndefined()
})

test('a stream gets a custom archive, and its manifest goes where the caller says', async () => {
  await using source = await freshDatabase(await server(16))
  await source.query('create table t as select generate_series(1, 50000) as i')
  await using folder = await scratch()
  const out = createWriteStream(folder.path('piped'))
  const manifest = folder.path('piped.json')
  const report = await dump({ source: source.url, to: out, format: 'custom', manifest })
  await pipeline([Buffer.alloc(0)], out)
  expect(report).toMatchObject({
    to: '-',
    databases: [{ to: '-', manifest, tables: [{ table: 'public.t', rows: 50_000 }] }],
  })
  expect((await rowsOf(folder.path('piped'), 't')).split('\n')).toHaveLength(50_001)
  expect((await readManifest(manifest))?.files).toMatchObject([{ path: '-', bytes: out.bytesWritten }])
  await expect(dump({ source: source.url, to: out })).rejects.toMatchObject({ code: 'usage.option' })
})

test('a reader that goes away ends the dump with an error', async () => {
  await using source = await freshDatabase(await server(16))
  await source.query('create table t as select md5(i::text) from generate_series(1, 100000) i')
  const out = new Writable({
    write(_chunk, _encoding, done) {
      done()
      this.destroy(new Error('nobody reads any more'))
    },
  })
  out.on('error', () => {})
  await expect(dump({ source: source.url, to: out, format: 'custom' })).rejects.toMatchObject({
    code: 'archive.unwritable',
  })
})

test('the source is left as it was, and no file holds its password', async () => {
  await using source = await freshDatabase(await server(16))
  await source.query(`create table t as select i from generate_series(1, 1000) i; select lo_from_bytea(1, 'x');`)
  const before = await fingerprint(source.url)
  await using folder = await scratch()
  const url = source.urlFor('postgres', 'hunter2')
  const report = await dump({ source: url, to: folder.path('archive') })
  expect(await fingerprint(source.url)).toBe(before)
  expect(JSON.stringify(report)).not.toContain('hunter2')
  for (const file of readdirSync(folder.path('archive'))) {
    expect(readFileSync(folder.path(`archive/${file}`), 'latin1')).not.toContain('hunter2')
  }
})

/** A file system of a few megabytes; only root may mount one, and not in every container. */
function smallDisk(): { directory: string; grow: () => void } | undefined {
  const directory = mkdtempSync('/tmp/pgleap-kit-disk-')
  try {
    execFileSync('/bin/mount', ['-t', 'tmpfs', '-o', 'size=4m', 'tmpfs', directory], { stdio: 'ignore' })
  } catch {
    rmdirSync(directory)
    return undefined
  }
  onTestFinished(() => {
    execFileSync('/bin/umount', ['--lazy', directory])
    rmdirSync(directory)
  })
  return { directory, grow: () => execFileSync('/bin/mount', ['-o', 'remount,size=64m', directory]) }
}

test('a full disk ends the dump with one clear error and nothing that looks whole; with more room it goes on', async ({
  skip,
}) => {
  const disk = smallDisk()
  skip(disk === undefined, 'no file system can be mounted here')
  const directory = disk?.directory ?? ''
  await using source = await freshDatabase(await server(16))
  await source.query(`
    create table small as select i from generate_series(1, 1000) i;
    create table big as select md5(i::text) || md5((i * 7)::text) as x from generate_series(1, 120000) i`)
  await expect(dump({ source: source.url, to: `${directory}/a`, compression: 'none' })).rejects.toMatchObject({
    code: 'dump.no-space',
  })
  expect(readdirSync(directory)).toEqual([])
  const options = { source: source.url, compression: 'none', space: 'ignore' } as const
  for (const format of ['custom', 'plain'] as const) {
    await expect(dump({ ...options, to: `${directory}/file`, format })).rejects.toMatchObject({
      code: 'dump.disk-full',
    })
    expect(readdirSync(directory)).toEqual([])
  }
  await expect(dump({ ...options, to: `${directory}/a` })).rejects.toMatchObject({
    code: 'dump.disk-full',
    hint: expect.stringContaining('--resume'),
  })
  expect(existsSync(`${directory}/a`)).toBe(false)
  expect(readdirSync(`${directory}/a.partial`)).not.toContain('toc.dat')

  disk?.grow()
  const report = await dump({ ...options, to: `${directory}/a`, resume: 'resume' })
  expect(report.databases[0]?.tables.map(({ rows }) => rows)).toEqual([120_000, 1000])
})
