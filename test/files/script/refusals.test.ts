import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { dump, restoreScript } from '../../../src/files/index.ts'
import { freshDatabase, server } from '../../kit/index.ts'
import { expectRefusal, fingerprint } from '../../migrate/support.ts'
import { restoreText } from './support.ts'

const TABLE = 'CREATE TABLE public.t (x int);\n'

test.each([
  [
    'a command of psql',
    `${TABLE}\\i other.sql\n\\copy t from x\n`,
    'script.command',
    String.raw`\\i.*line 2.*\\copy.*line 3`,
  ],
  ['a command within a statement', `${TABLE}select 1 \\gexec\n`, 'script.command', String.raw`\\gexec`],
  ['a login as somebody else', `${TABLE}\\connect db other\n`, 'script.command', String.raw`\\connect.*line 2`],
  ['a login elsewhere', `${TABLE}\\connect "host=elsewhere dbname=x"\n`, 'script.command', String.raw`\\connect`],
  ['a command that is restricted', `\\restrict k\n${TABLE}\\connect x\n\\unrestrict k\n`, 'script.command', 'between'],
  ['the wrong key', `\\restrict k\n${TABLE}\\unrestrict l\n`, 'script.command', 'another key'],
  ['a string without end', `${TABLE}select 'a;\n`, 'script.truncated', 'middle of a string'],
  ['rows without end', `${TABLE}COPY public.t FROM stdin;\n1\n`, 'script.truncated', 'middle of a COPY data'],
  ['no closing comment', `--\n-- PostgreSQL database dump\n--\n${TABLE}`, 'script.truncated', 'the comment'],
  ['a transaction without end', `BEGIN;\n${TABLE}`, 'script.truncated', 'middle of a transaction'],
  ['DROP DATABASE', `${TABLE}DROP DATABASE IF EXISTS old;`, 'script.clean', 'DROP DATABASE old .line 2'],
  ['DROP ROLE', `${TABLE}DROP ROLE app;`, 'script.clean', 'DROP ROLE app'],
  ['DROP TABLE', `DROP TABLE IF EXISTS public.mine;\n${TABLE}`, 'script.clean', 'DROP TABLE public.mine'],
  ['an encoding of clients', `${TABLE}SET client_encoding = 'SJIS';`, 'script.encoding', 'SJIS'],
  ['an encoding of clients by another name', `${TABLE}SET client_encoding TO "Win-932";`, 'script.encoding', 'WIN-932'],
  ['zero bytes', `${TABLE}select 'a\0b';`, 'script.not-sql', 'zero byte'],
])('a script with %s is refused before any of it is run', async (_what, script, code, words) => {
  await using target = await freshDatabase(await server(17))
  const before = await fingerprint(target.url)
  const error = await expectRefusal(restoreText(script, target.url), code, 'usage')
  expect(error.message).toMatch(new RegExp(words, 'u'))
  expect(await fingerprint(target.url)).toBe(before)
})

test('an archive, UTF-16 and a statement above the limit are refused', async () => {
  await using target = await freshDatabase(await server(17))
  await expectRefusal(restoreText('PGDMP\u0001\u000e', target.url), 'script.not-sql', 'usage')
  const wide = Buffer.from(`\ufeff${TABLE}`, 'utf16le')
  await expectRefusal(restoreText(wide, target.url), 'script.encoding', 'usage')
  const long = `${TABLE}select '${'x'.repeat(200_000)}';`
  await expectRefusal(restoreText(long, target.url, { statementLimit: 100_000 }), 'script.too-long', 'usage')
  const report = await restoreText(`\ufeff${long}`, target.url, { statementLimit: 200_009 })
  expect(report).toMatchObject({ outcome: 'restored', script: { statements: 2 } })
})

test('a script of ours that was altered is refused by its manifest', async () => {
  const young = await server(17)
  await using source = await freshDatabase(young)
  await using target = await freshDatabase(young)
  await source.query(`create table t as select 'original' as x`)
  const folder = await mkdtemp(join(tmpdir(), 'pgleap-script-test-'))
  try {
    const script = join(folder, 'plain.sql')
    await dump({ source: source.url, to: script, format: 'plain' })
    const text = await readFile(script, 'utf8')
    await writeFile(script, text.replace('original', 'altered!'))
    const before = await fingerprint(target.url)
    await expect(restoreScript({ script, target: target.url })).rejects.toMatchObject({ code: 'manifest.files-differ' })
    expect(await fingerprint(target.url)).toBe(before)
    await writeFile(script, text)
    expect(await restoreScript({ script, target: target.url })).toMatchObject({ outcome: 'restored' })
  } finally {
    await rm(folder, { recursive: true })
  }
})
