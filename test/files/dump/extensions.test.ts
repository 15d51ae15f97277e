import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openArchive } from '../../../src/archive/index.ts'
import { dump } from '../../../src/files/dump/dump.ts'
import { restore, verifyFiles } from '../../../src/files/restore/index.ts'
import { referencedFirst } from '../../../src/plan/index.ts'
import { freshDatabase, startServer, type FreshDatabase, type OwnServer } from '../../kit/index.ts'
import { contentOf } from '../../matrix/content.ts'
import { run } from '../../migrate/support.ts'
import { NO_TOOLS, runStock, scratch, stockTools, tocLines } from './support.ts'

const tools = stockTools()

/** Its tables refer against the order of their names, and two of them come with rows of the extension's own. */
const SHELF = `
  create table z_places (id serial primary key, name text unique);
  create table b_rooms (name text primary key, place int references z_places, next text references b_rooms);
  create table a_items (id int primary key, room text references b_rooms, "Twice" int generated always as (id * 2) stored);
  create table m_settings (key text primary key, value text, ours bool not null default true);
  create table silent (x int);
  insert into m_settings values ('unit', 'cm'), ('color', 'red');
  insert into silent values (1);
  select pg_extension_config_dump('a_items', ''); select pg_extension_config_dump('b_rooms', '');
  select pg_extension_config_dump('z_places', ''); select pg_extension_config_dump('z_places_id_seq', '');
  select pg_extension_config_dump('m_settings', 'WHERE NOT ours')`

const EXTENSIONS = {
  shelf: SHELF,
  rds_tools: `create table tools (x int); select pg_extension_config_dump('tools', '')`,
}

const USED = `
  create schema "My Shelf"; create extension shelf schema "My Shelf"; create extension rds_tools; set search_path = "My Shelf";
  insert into z_places (name) values ('left'), ('right');
  insert into b_rooms values ('one', 1, 'one'), ('two', 2, 'one'); insert into a_items values (7, 'two'), (8, 'one');
  insert into m_settings values ('mine', e'a\\tb', false); insert into silent values (2); insert into public.tools values (1);
  create table public.a_orders (place int references z_places, n int); insert into public.a_orders values (1, 1)`

describe('tables of extensions whose rows are the user’s (pg_extension_config_dump)', () => {
  let server: OwnServer
  let source: FreshDatabase
  let folder: Awaited<ReturnType<typeof scratch>>

  beforeAll(async () => {
    folder = await scratch()
    const extensions = folder.path('extension')
    mkdirSync(extensions)
    chmodSync(folder.path('.'), 0o755)
    for (const [name, script] of Object.entries(EXTENSIONS)) {
      writeFileSync(`${extensions}/${name}.control`, `default_version = '1.0'\nrelocatable = true\n`)
      writeFileSync(`${extensions}/${name}--1.0.sql`, script)
    }
    writeFileSync(`${extensions}/grown.control`, `default_version = '2.0'\n`)
    for (const [version, type] of Object.entries({ '1.0': 'int', '2.0': 'bigint' })) {
      const script = `create table grown (x ${type}); select pg_extension_config_dump('grown', '')`
      writeFileSync(`${extensions}/grown--${version}.sql`, script)
    }
    server = await startServer({ major: 18, settings: { extension_control_path: `${folder.path('.')}:$system` } })
    source = await freshDatabase(server)
    await run(source.url, USED)
  }, 60_000)
  afterAll(async () => {
    await source[Symbol.asyncDispose]()
    await server[Symbol.asyncDispose]()
    await folder[Symbol.asyncDispose]()
  })

  test.skipIf(tools === undefined)('are dumped as pg_dump dumps them, into every format', async () => {
    const { pgDump, pgRestore } = tools ?? NO_TOOLS
    const entries = async (archive: string) =>
      (await tocLines(pgRestore, archive)).filter((line) => / DATA |SEQUENCE/.test(line))
    for (const [format, flag] of [
      ['directory', '-Fd'],
      ['custom', '-Fc'],
    ] as const) {
      const [ours, theirs] = [folder.path(`${format}-ours`), folder.path(`${format}-theirs`)]
      await dump({ source: source.url, to: ours, format })
      await runStock(pgDump, ['--dbname', source.url, flag, '-f', theirs])
      expect(await entries(ours)).toEqual(await entries(theirs))
      expect(await dataOf(ours)).toEqual(await dataOf(theirs))
    }
    const [ours, theirs] = [folder.path('ours.sql'), folder.path('theirs.sql')]
    await dump({ source: source.url, to: ours, format: 'plain' })
    await runStock(pgDump, ['--dbname', source.url, '-f', theirs])
    expect(copyBlocks(ours)).toHaveLength(6)
    expect(copyBlocks(ours)).toEqual(copyBlocks(theirs))

    await using target = await freshDatabase(server)
    await runStock(pgRestore, ['-j4', '--exit-on-error', '--dbname', target.url, folder.path('directory-ours')])
    expect(await shelfOf(target)).toEqual(await shelfOf(source))
  })

  test('are restored, with foreign keys that are there before the rows, and compared', async () => {
    const from = folder.path('archive')
    await dump({ source: source.url, to: from })
    await using target = await freshDatabase(server)
    const report = await restore({ from, target: target.url, jobs: 4 })
    expect(report.failures).toEqual([])
    expect(report.verdict).toBe('SAME')
    expect(await shelfOf(target)).toEqual(await shelfOf(source))

    // What the extension has put there itself is the extension's.
    await target.query(`update "My Shelf".m_settings set value = 'inch' where key = 'unit'`)
    expect(await verifyFiles({ from, target: target.url })).toMatchObject({ verdict: 'SAME' })
    await target.query(`update "My Shelf".m_settings set value = 'other' where key = 'mine'`)
    const { objects } = await verifyFiles({ from, target: target.url })
    expect(objects.filter(({ verdict }) => verdict === 'DIFFERENT').map(({ object }) => object)).toEqual([
      'My Shelf.m_settings',
    ])
  })

  test('come into the table of a newer version, whose columns have other types', async () => {
    await using old = await freshDatabase(server)
    await run(old.url, `create extension grown version '1.0'; insert into grown values (7)`)
    for (const rows of ['text', 'binary'] as const) {
      const from = folder.path(`grown-${rows}`)
      await dump({ source: old.url, to: from, rows })
      await using target = await freshDatabase(server)
      const report = await restore({ from, target: target.url })
      expect(report.failures).toEqual([])
      expect(await target.query('select x::int from grown')).toEqual([{ x: 7 }])
    }
  })

  test('stay behind together with an extension that does', async () => {
    const from = folder.path('behind')
    await dump({ source: source.url, to: from })
    await using target = await freshDatabase(server)
    const report = await restore({ from, target: target.url, sourceProvider: 'rds' })
    expect(report.failures).toEqual([])
    expect(report.verdict).toBe('SAME')
    expect(await target.query(`select to_regclass('tools') as tools, count(*)::int as orders from a_orders`)).toEqual([
      { tools: null, orders: 1 },
    ])
  })
})

/** Items are letters, and so is what each of them refers to. */
function order(items: string, references: Record<string, string>): string {
  const pairs = Object.entries(references).map(([from, to]) => [oidOf(from), to.split('').map(oidOf)] as const)
  return referencedFirst(items.split(''), { oidOf, references: new Map(pairs) }).join('')
}

function oidOf(letter: string): number {
  return letter.charCodeAt(0)
}

test('rows come after those that they refer to, and otherwise in their order', () => {
  expect(order('abcd', {})).toBe('abcd')
  expect(order('abcd', { a: 'd' })).toBe('dabc')
  expect(order('abcd', { b: 'a', d: 'c' })).toBe('abcd')
  expect(order('abcd', { a: 'c', c: 'd', b: 'd' })).toBe('dcab')
  expect(order('abcd', { a: 'b', b: 'a', c: 'd', d: 'x' })).toBe('abdc')
})

/** All that a restore must have brought, but for what the extensions say of themselves. */
async function shelfOf(database: FreshDatabase): Promise<string[]> {
  return contentOf(database.url).then((lines) => lines.filter((line) => !line.includes('silent')))
}

async function dataOf(path: string): Promise<unknown[]> {
  await using archive = await openArchive(path)
  const found: unknown[] = []
  for (const entry of archive.archive.entries) {
    const { desc, tag, namespace, owner, defn, copyStmt } = entry
    if (desc === 'SEQUENCE SET') found.push({ tag, namespace, owner, defn: defn.replaceAll('"', '') })
    if (desc !== 'TABLE DATA') continue
    const chunks: Buffer[] = []
    for await (const chunk of archive.data(entry)) chunks.push(chunk)
    found.push({
      tag,
      namespace,
      owner,
      copyStmt: copyStmt.replaceAll('"', ''),
      rows: Buffer.concat(chunks).toString(),
    })
  }
  return found
}

function copyBlocks(path: string): string[] {
  const blocks = readFileSync(path, 'utf8').match(/^COPY [^]*?^\\\.$/gm) ?? []
  return blocks.map((block) => block.replaceAll('"', ''))
}
