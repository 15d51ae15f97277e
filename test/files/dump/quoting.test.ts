import { expect, test } from 'vitest'
import { openArchive } from '../../../src/archive/index.ts'
import { dump, restore, restoreScript } from '../../../src/files/index.ts'
import { freshDatabase, psqlLike, server, type FreshDatabase } from '../../kit/index.ts'
import { runStock, scratch, stock } from './support.ts'

/** What later majors made keywords of, where the server writes it: system_user with 16, json as an argument with 17. */
const KEYWORDS = `
  create table audit (id int primary key, system_user text check (system_user <> ''), loud text generated always as (upper(system_user)) stored);
  insert into audit (id, system_user) values (1, 'somebody'), (2, 'nobody');
  create index by_user on audit (lower(system_user));
  create function parse(json text) returns int language sql as 'select length($1)';
  comment on function parse(text) is 'of json';
  grant execute on function parse(text) to public`

async function definitions(database: FreshDatabase): Promise<unknown> {
  return database.query(`
    select (select json_agg(a order by id) from audit a) as rows, parse('[1]') as parsed,
           (select pg_get_constraintdef(oid) from pg_constraint where conrelid = 'audit'::regclass and contype = 'c') as checked,
           obj_description('parse(text)'::regprocedure) as said`)
}

test.each(['directory', 'custom', 'plain'] as const)(
  'names that are keywords to the target alone come through a %s archive as names',
  async (format) => {
    await using source = await freshDatabase(await server(15))
    await source.query(KEYWORDS)
    await using folder = await scratch()
    await dump({ source: source.url, to: folder.path('archive'), format })
    await using target = await freshDatabase(await server(18))
    expect(await restored(folder.path('archive'), { target: target.url, format })).toEqual([
      format === 'plain' ? 'restored' : 'SAME',
    ])
    expect(await definitions(target)).toEqual([
      {
        rows: [
          { id: 1, system_user: 'somebody', loud: 'SOMEBODY' },
          { id: 2, system_user: 'nobody', loud: 'NOBODY' },
        ],
        parsed: 3,
        checked: `CHECK (("system_user" <> ''::text))`,
        said: 'of json',
      },
    ])
  },
)

/** What came of it, in one word, and what went wrong. */
async function restored(
  from: string,
  { target, format }: { target: string; format: 'directory' | 'custom' | 'plain' },
): Promise<unknown[]> {
  if (format === 'plain') {
    const { outcome, errors } = await restoreScript({ script: from, target })
    return [outcome, ...errors]
  }
  const { verdict, failures, differences } = await restore({ from, target })
  return [verdict, ...failures, ...differences]
}

test('tags are those of a stock pg_dump, which people and pg_restore -L read', async () => {
  await using source = await freshDatabase(await server(15))
  await psqlLike(source.url, KEYWORDS)
  await using folder = await scratch()
  await dump({ source: source.url, to: folder.path('archive'), hashes: 'none' })
  await using archive = await openArchive(folder.path('archive'))
  const tags = archive.archive.entries.filter(({ desc }) => desc === 'FUNCTION' || desc === 'COMMENT')
  expect(tags.map(({ desc, tag }) => `${desc} ${tag}`)).toEqual([
    'FUNCTION parse(text)',
    'COMMENT FUNCTION parse(json text)',
  ])
})

const dump18 = stock('pg_dump', 18)
test.skipIf(dump18 === undefined)(
  'archives of a stock pg_dump compare as the same, with all names quoted or without',
  async () => {
    await using source = await freshDatabase(await server(15))
    await source.query(`
    create table "order" (id int primary key, "user" text, at timestamptz default now(), kind json);
    create view recent as select id, "user" from "order" where at > now() - interval '1 day';
    create function f(a int, b text default 'x') returns int language sql as 'select $1';
    comment on function f(int, text) is 'of two'; comment on table "order" is 'a keyword';
    grant select on "order" to public`)
    await using folder = await scratch()
    for (const [name, args] of [
      ['plain', []],
      ['quoted', ['--quote-all-identifiers']],
    ] as const) {
      const archive = folder.path(name)
      await runStock(dump18 ?? '', ['--dbname', source.url, '-Fc', '-f', archive, ...args])
      await using target = await freshDatabase(await server(name === 'plain' ? 15 : 17))
      const report = await restore({ from: archive, target: target.url })
      expect(report.failures).toEqual([])
      // Nobody has said what the rows should be.
      expect(report.differences.map(({ object }) => object)).toEqual([archive])
      expect(report.differences.map(({ verdict }) => verdict)).toEqual(['UNKNOWN'])
    }
  },
)
