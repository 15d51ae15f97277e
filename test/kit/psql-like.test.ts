import { existsSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { freshDatabase, psqlLike, server } from './index.ts'
import { splitScript } from './psql-script.ts'

const SHARED_DATA = new URL('../../../shared/data/', import.meta.url)

const texts = (script: string): string[] =>
  splitScript(script).map((piece) => ('text' in piece ? piece.text.trim() : ''))

test.each([
  ['a string', `select ';''';select 2`, [`select ';'''`, 'select 2']],
  ['an escaping string', String.raw`select E'\';';select 2`, [String.raw`select E'\';'`, 'select 2']],
  ['a plain string that ends with a backslash', String.raw`select '\';select 2`, [String.raw`select '\'`, 'select 2']],
  ['a quoted name', `select 1 as ";""";select 2`, [`select 1 as ";"""`, 'select 2']],
  ['a dollar quote', `do $a$ ; $$ ; $a$;select 2`, [`do $a$ ; $$ ; $a$`, 'select 2']],
  ['a line comment', `select 1 -- ; '\n;select 2`, [`select 1 -- ; '`, 'select 2']],
  ['a nested comment', `select /* ; /* */ ' ; */ 1;select 2`, [`select /* ; /* */ ' ; */ 1`, 'select 2']],
  [
    'brackets',
    `create rule r as on insert to t do (select 1; select 2);select 2`,
    [`create rule r as on insert to t do (select 1; select 2)`, 'select 2'],
  ],
  [
    'an atomic body',
    `create function f() begin atomic select case when true then 1 end; end;select 2`,
    [`create function f() begin atomic select case when true then 1 end; end`, 'select 2'],
  ],
  ['a dollar within a name', `select a$b$c;select 2`, ['select a$b$c', 'select 2']],
  ['nothing but comments', `-- nothing\n/* at all */;`, []],
])('a semicolon in %s does not end the statement', (_what, script, expected) => {
  expect(texts(script)).toEqual(expected)
})

test('COPY data end at a line with backslash and dot, and may be empty', () => {
  const script = 'copy a from stdin;\n1\\t;\n\\.\n\nCOPY "b" FROM stdin;\n\\.\n\\connect other\nselect 1;'
  expect(splitScript(script)).toEqual([
    { kind: 'copy', text: 'copy a from stdin', data: '1\\t;\n' },
    { kind: 'copy', text: '\n\nCOPY "b" FROM stdin', data: '' },
    { kind: 'connect', database: 'other' },
    { kind: 'sql', text: '\nselect 1' },
  ])
})

test('an unknown backslash command is an error', () => {
  expect(() => splitScript('\\gexec')).toThrow(/gexec/)
})

test('a failing statement is shown', async () => {
  await using database = await freshDatabase(await server(17))
  await expect(psqlLike(database.url, 'select 1; select nonsense;')).rejects.toThrow(/nonsense/)
})

test.skipIf(!existsSync(SHARED_DATA))('the sample database pagila loads', async () => {
  await using database = await freshDatabase(await server(17))
  await database.query('create schema if not exists pagila')
  for (const file of ['pagila/pagila-schema.sql', 'pagila/pagila-data.sql']) {
    await psqlLike(database.url, readFileSync(new URL(file, SHARED_DATA), 'utf8'))
  }
  expect(await database.query('select count(*)::int as films from pagila.film')).toEqual([{ films: 1000 }])
})
