import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type Place, ScriptReader } from '../../../src/files/script/reader.ts'

type Seen =
  | { kind: 'statement'; sql: string; line: number }
  | { kind: 'copy'; sql: string; data: string; line: number }
  | { kind: 'command'; text: string; line: number; within: string }

interface Reading {
  pieces: Seen[]
  unfinished: string | undefined
  places: Place[]
}

/** Reads a script whose bytes come in pieces cut at these places; strings as the settings in it say. */
async function read(
  script: string | Buffer,
  { cuts = [], from, keep = 1e6 }: { cuts?: readonly number[]; from?: Place; keep?: number } = {},
): Promise<Reading> {
  const bytes = Buffer.from(script).subarray(from?.offset ?? 0)
  const edges = [0, ...cuts.filter((cut) => cut < bytes.length).toSorted((a, b) => a - b), bytes.length]
  async function* chunks(): AsyncGenerator<Buffer> {
    for (const [index, edge] of edges.slice(1).entries()) yield bytes.subarray(edges[index], edge)
  }
  const reader = new ScriptReader(chunks(), { keep, from })
  const pieces: Seen[] = []
  const places: Place[] = []
  for (let piece = await reader.next(); piece !== undefined; piece = await reader.next()) {
    const { line } = piece
    if (piece.kind === 'command') pieces.push({ kind: 'command', text: piece.text, within: piece.within, line })
    else {
      const sql = Buffer.concat(piece.text.parts).toString()
      if (sql === 'set standard_conforming_strings = off') reader.standardStrings = 'off'
      if (piece.kind === 'copy') {
        const data: Buffer[] = []
        for await (const rows of reader.data()) data.push(rows)
        pieces.push({ kind: 'copy', sql, data: Buffer.concat(data).toString(), line })
      } else pieces.push({ kind: 'statement', sql, line })
    }
    places.push(reader.place)
  }
  return { pieces, unfinished: reader.unfinished?.what, places }
}

async function statements(script: string): Promise<string[]> {
  const { pieces } = await read(script)
  return pieces.map((piece) => (piece.kind === 'command' ? piece.text : piece.sql))
}

test.each([
  ['a string', `select 'a;b';select 2`, [`select 'a;b'`, 'select 2']],
  ['a doubled quote', `select 'it''s;';select 2`, [`select 'it''s;'`, 'select 2']],
  ['a string with a backslash at its end', `select 'c:\\';select 2`, [`select 'c:\\'`, 'select 2']],
  ['an escape string', `select E'it\\';';select 2`, [`select E'it\\';'`, 'select 2']],
  [
    'an escape string that goes on in the next line',
    `select e'a'\n  'b\\';c';select 2`,
    [`select e'a'\n  'b\\';c'`, 'select 2'],
  ],
  ['an escape string with a doubled quote', `select e'a''b\\';c';select 2`, [`select e'a''b\\';c'`, 'select 2']],
  ['a string behind a name that ends in e', `select type'a\\';select 2`, [`select type'a\\'`, 'select 2']],
  ['a quoted name', `select "a;""b;";select 2`, [`select "a;""b;"`, 'select 2']],
  ['a dollar quote', `do $$;$x$;$$;select 2`, [`do $$;$x$;$$`, 'select 2']],
  ['a dollar quote with a tag', `do $ä1$;$$;$a$ $ä1$;select 2`, [`do $ä1$;$$;$a$ $ä1$`, 'select 2']],
  ['a dollar quote that nearly ends', `do $a$;$$a$;select 2`, [`do $a$;$$a$`, 'select 2']],
  ['a name with dollars', `select a$b$c;select 2 as $1`, ['select a$b$c', 'select 2 as $1']],
  ['a line comment', `select 1 -- a;b\n;select 2`, ['select 1 -- a;b\n', 'select 2']],
  ['nested comments', `select 1 /* ; /* ; */ ; */;select 2`, ['select 1 /* ; /* ; */ ; */', 'select 2']],
  ['a comment that opens twice', `select 1 /*/ ; */;select 2`, ['select 1 /*/ ; */', 'select 2']],
  ['parentheses', `create rule r as on insert to t do (select 1; select 2);select 2`, 2],
  [
    'the body of an SQL function',
    `create or replace function f() returns int begin atomic select case when true then 1 end; select (case 1 when 1 then 2 end); end;select 2`,
    2,
  ],
  ['a function that is called begin', `create function public.begin() returns int language sql as 'select 1';x`, 2],
  ['comments alone, which are no statement', `-- a;\n/* b; */ -- c\n`, []],
  ['minus and divide', `select 1 - -2 / 3;- 1`, ['select 1 - -2 / 3', '- 1']],
  ['a bit string', `set standard_conforming_strings = off;select b'1\\';select 2`, 3],
  ['an old string', `set standard_conforming_strings = off;select 'a\\';b';select 2`, 3],
  ['a Unicode string', `set standard_conforming_strings = off;select u&'a\\';select 2`, 3],
])('a semicolon in or at %s ends what psql would end', async (_what, script, expected) => {
  const found = await statements(script)
  expect(typeof expected === 'number' ? found.length : found).toEqual(expected)
})

test('rows of a COPY are no statements, and end at a line of backslash and dot', async () => {
  const script = `copy a from stdin;\n1\\t;\n\\.x\n\\\\.\n\\.\n\nCOPY "b" (x)\n FROM STDIN WITH (format text);\r\n\\.\r\n\\connect other\nselect 1`
  expect((await read(script)).pieces).toEqual([
    { kind: 'copy', sql: 'copy a from stdin', data: '1\\t;\n\\.x\n\\\\.\n', line: 1 },
    { kind: 'copy', sql: 'COPY "b" (x)\n FROM STDIN WITH (format text)', data: '', line: 7 },
    { kind: 'command', text: '\\connect other', within: 'nothing', line: 10 },
    { kind: 'statement', sql: 'select 1', line: 11 },
  ])
})

test.each([
  ['copy (select x from stdin) to stdout', 'statement'],
  ['copy "from" to stdout', 'statement'],
  ["copy t from 'stdin'", 'statement'],
  ['copy stdin from stdin', 'copy'],
  ['copy from_stdin (a, "from stdin") from /* here */ stdin', 'copy'],
])('%s is a %s', async (sql, kind) => {
  expect((await read(`${sql};\n\\.\n`)).pieces[0]?.kind).toBe(kind)
})

test.each([
  [`select 'a;`, 'string'],
  [`select "a;`, 'quoted name'],
  ['do $a$ ; $$', 'dollar-quoted string'],
  ['select 1; /* a', 'comment'],
  ['select (1;', 'parenthesis'],
  ['create function f() begin atomic select 1;', 'function body'],
  ['copy t from stdin;\n1\n', 'COPY data'],
  ['copy t from stdin;\n1\n\\', 'COPY data'],
  ['copy t from stdin;\n1\n\\.', undefined],
  ['select 1', undefined],
])('a script that ends as %j does ends in: %s', async (script, what) => {
  expect((await read(script)).unfinished).toBe(what)
})

test('a statement longer than what is kept is counted in full', async () => {
  const reader = new ScriptReader(
    (async function* () {
      yield Buffer.from('select ')
      yield Buffer.from('1234567890; select 2;')
    })(),
    { keep: 10 },
  )
  expect(await reader.next()).toMatchObject({ text: { bytes: 17, firstWord: 'select' } })
  expect(await reader.next()).toMatchObject({ text: { bytes: 8 }, line: 1, start: 19, end: 28 })
})

const word = fc.constantFrom(
  'select',
  'x',
  'E',
  'begin',
  'case',
  'end',
  'copy',
  'from',
  'u&',
  'ä',
  '1',
  '-',
  '+',
  '/',
  '=',
  ',',
)
const text = fc.string({ unit: fc.constantFrom('a', ';', "''", '"', '$', '\\', '\n', '-', '/', '*', '(', 'é', ' ') })
const token = fc.oneof(
  word,
  text.map((inner) => `'${inner}'`),
  text.map((inner) => `E'${inner.replaceAll('\\', '\\\\')}\\''`),
  text.map((inner) => `"${inner.replaceAll('"', '""')}"`),
  fc.tuple(text, fc.constantFrom('', 'a', '_ä9')).map(([inner, tag]) => `$${tag}$${inner.replaceAll('$', '')}$${tag}$`),
  text.map((inner) => `--${inner.replaceAll(/[\n\\]/gu, '')}\n`),
  text.map((inner) => `/*${inner.replaceAll(/[*/]/gu, '')}*/`),
  fc.constant('(a; b)'),
)
/** Tokens apart from each other, so that none of them changes what its neighbour is. */
const sql = fc.array(token, { minLength: 1, maxLength: 8 }).map((parts) => `select ${parts.join(' , ')}`)
const rows = fc
  .array(fc.string({ unit: fc.constantFrom('a', '\\', '.', '\t', ';', "'", '\r', 'ü') }), { maxLength: 5 })
  .map((lines) => lines.filter((line) => !/^\\\.\r?$/u.test(line)).map((line) => `${line}\n`))
const piece = fc.oneof(
  sql.map((text) => ({ kind: 'statement' as const, sql: text, written: `${text};\n` })),
  fc.tuple(rows, fc.constantFrom('\n', '\r\n')).map(([lines, newline]) => ({
    kind: 'copy' as const,
    sql: 'COPY t FROM stdin',
    data: lines.join(''),
    written: `COPY t FROM stdin;${newline}${lines.join('')}\\.${newline}`,
  })),
  fc.constant({ kind: 'command' as const, text: '\\connect x', within: 'nothing', written: '\\connect x\n' }),
)

test('whatever a script holds, and wherever its bytes are cut, the same pieces come out', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(piece, { maxLength: 6 }), fc.array(fc.nat(600)), async (pieces, cuts) => {
      const script = pieces.map(({ written }) => `-- it's a comment;\n${written}`).join('')
      const seen = await read(script, { cuts })
      expect(seen.unfinished).toBeUndefined()
      expect(seen.pieces.map(({ line: _line, ...rest }) => rest)).toEqual(
        pieces.map(({ written: _written, ...rest }) => rest),
      )
      let before = 0
      for (const [index, { written }] of pieces.entries()) {
        expect(seen.pieces[index]?.line).toBe(lines(script.slice(0, before)) + 2)
        before += written.length + "-- it's a comment;\n".length
      }
    }),
    { numRuns: 400 },
  )
})

test('reading on from any place between two pieces gives the pieces behind it', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(piece, { maxLength: 6 }), fc.nat(5), async (pieces, index) => {
      const script = pieces.map(({ written }) => written).join('')
      const whole = await read(script)
      const from = whole.places[index]
      if (from === undefined) return
      expect((await read(script, { from })).pieces).toEqual(whole.pieces.slice(index + 1))
    }),
  )
})

function lines(text: string): number {
  return text.split('\n').length - 1
}
