import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { restore } from '../../../src/files/restore/index.ts'
import { verify } from '../../../src/index.ts'
import { freshDatabase, server, type Major, type Server } from '../../kit/index.ts'
import { contentOf } from '../../matrix/content.ts'
import { dropDatabase, emptyDatabase, loadDemo, loadRoles } from '../../matrix/databases.ts'
import { run } from '../../migrate/support.ts'
import { pgDump, pgDumpThroughPipe, scratch, stockPgDump } from './support.ts'

const pgDump18 = stockPgDump(18)
const pgDump17 = stockPgDump(17)

describe.skipIf(pgDump18 === undefined || pgDump17 === undefined)('archives of stock pg_dump', () => {
  let from: Server
  let source: string
  let before: unknown

  beforeAll(async () => {
    from = await server(14)
    await loadRoles(from)
    source = await loadDemo(from, 'restore_source')
    before = await contentOf(source)
  }, 180_000)
  afterAll(async () => {
    await dropDatabase(from, 'restore_source')
  })

  const shapes: { args: string[]; to: Major; by: 17 | 18; isVerified?: boolean }[] = [
    { args: ['-Fc'], to: 14, by: 18, isVerified: true },
    { args: ['through a pipe'], to: 15, by: 17 },
    { args: ['-Fc', '--compress=lz4'], to: 16, by: 18 },
    { args: ['-Fc', '--compress=zstd'], to: 17, by: 17 },
    { args: ['-Fd'], to: 18, by: 18 },
    { args: ['-Fd', '-j2', '-Z0'], to: 17, by: 18 },
    { args: ['-Fd', '-j2', '--compress=lz4'], to: 17, by: 17 },
    { args: ['-Fd', '-j2', '--compress=zstd'], to: 18, by: 18 },
    { args: ['-Ft'], to: 18, by: 17, isVerified: true },
    { args: ['-Fc', '--load-via-partition-root'], to: 17, by: 18 },
  ]
  test.each(shapes)(
    '$args of pg_dump $by come to a server of $to with all that the source holds',
    async ({ args, to, by, isVerified }) => {
      await using folder = await scratch()
      const archive = folder.path('archive')
      const program = (by === 18 ? pgDump18 : pgDump17) ?? ''
      await (args[0] === 'through a pipe'
        ? pgDumpThroughPipe(program, source, archive)
        : pgDump(program, source, [...args, '-f', archive]))
      const target = await server(to)
      await loadRoles(target)
      const url = await emptyDatabase(target, 'restored')
      try {
        const report = await restore({ from: archive, target: url, jobs: 2 })
        expect(report.failures).toEqual([])
        // pg_dump 17 writes other options of a subscription than 18.
        const odd = report.differences.filter(({ kind }) => by === 18 || kind !== 'subscription')
        expect(odd.map(({ kind, verdict, detail }) => [kind, verdict, detail])).toEqual([
          ['large objects', 'UNKNOWN', expect.stringContaining('as in the archive')],
          ['archive', 'UNKNOWN', expect.stringContaining('no manifest')],
        ])
        expect(report.verdict).toBe('UNKNOWN')
        expect(await contentOf(url)).toEqual(before)
        const compared = isVerified === true ? (await verify({ source, target: url })).verdict : 'SAME'
        expect(compared).toBe('SAME')
      } finally {
        await dropDatabase(target, 'restored')
      }
    },
    60_000,
  )

  test('rows alone are added to the tables that are there, and none of theirs is lost', async () => {
    await using source = await freshDatabase(from)
    await using target = await freshDatabase(await server(17))
    await using folder = await scratch()
    const shop = `create table a (x int primary key); create table b (a int references a); create sequence c`
    await run(source.url, `${shop}; insert into a values (1), (2); insert into b values (2); select setval('c', 7)`)
    await run(target.url, `${shop}; insert into a values (3)`)
    await pgDump(pgDump18 ?? '', source.url, ['-Fc', '--data-only', '-f', folder.path('rows')])
    const report = await restore({ from: folder.path('rows'), target: target.url, nonEmptyTarget: 'add', jobs: 2 })
    expect(report.failures).toEqual([])
    expect(
      await target.query('select array_agg(x order by x) as a, (select count(*)::int from b) as b from a'),
    ).toEqual([{ a: [1, 2, 3], b: 1 }])
    expect(await target.query('select last_value::int from c')).toEqual([{ last_value: 7 }])
  }, 180_000)

  test('INSERT statements come as well, whatever their strings hold, one row or many in a statement', async () => {
    await using database = await freshDatabase(from)
    await run(
      database.url,
      `create schema s;
       create table s."a;b" (id int generated always as identity primary key, t text, "c'd" bytea, e text[]);
       insert into s."a;b" (t, "c'd", e) values ('semi;colon', '\\x00ff27', '{"a''b",c;d}'), ('it''s "quoted"', null, null),
         (E'back\\\\slash and ünïcode 😀', '', '{}'), ('', '\\x3b', null);
       insert into s."a;b" (t) select repeat('row; ''' || i, 50) from generate_series(1, 2000) i`,
    )
    const rows = await contentOf(database.url)
    await using folder = await scratch()
    const target = await server(17)
    for (const [name, args] of Object.entries({
      single: ['-Fc', '--inserts'],
      many: ['-Fd', '--column-inserts', '--rows-per-insert=7'],
      latin: ['-Fc', '--inserts', '--encoding=WIN1252'],
    })) {
      if (name === 'latin') await run(database.url, `delete from s."a;b" where t ~ '😀'`)
      await pgDump(pgDump18 ?? '', database.url, [...args, '-f', folder.path(name)])
      await using restored = await freshDatabase(target)
      const report = await restore({ from: folder.path(name), target: restored.url, jobs: 2 })
      expect(report.failures).toEqual([])
      expect(report.tables).toMatchObject([{ table: 's.a;b', rows: name === 'latin' ? 2003 : 2004 }])
      expect(await contentOf(restored.url)).toEqual(name === 'latin' ? await contentOf(database.url) : rows)
    }
  }, 180_000)
})
