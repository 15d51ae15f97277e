import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Archive, Entry } from '../../../src/archive/index.ts'
import { databaseFacts, databaseGrants } from '../../../src/files/restore/database-facts.ts'
import { statements } from '../../../src/files/restore/inserts.ts'
import { withLargeObjectGrants } from '../../../src/files/restore/large-object-grants.ts'
import { publicGrants } from '../../../src/files/restore/public-schema.ts'
import { copyStatement } from '../../../src/files/restore/rows.ts'
import { withOldDefaults } from '../../../src/files/restore/subscriptions.ts'
import { loadsViaRoot } from '../../../src/plan/index.ts'
import { inUtc } from '../../../src/verify/utc.ts'

function entry(fields: Partial<Entry>): Entry {
  return {
    dumpId: 1,
    catalogOid: { table: 0, object: 0 },
    tag: 't',
    desc: 'TABLE',
    section: 'pre-data',
    defn: '',
    dropStmt: '',
    copyStmt: '',
    namespace: undefined,
    tablespace: undefined,
    tableAccessMethod: undefined,
    relkind: undefined,
    owner: 'anna',
    dependencies: [],
    hadDumper: false,
    data: undefined,
    ...fields,
  }
}

function archive(...entries: Partial<Entry>[]): Archive {
  return {
    format: 'custom',
    version: { major: 1, minor: 16, revision: 0 },
    compression: 'none',
    createdAt: new Date(0),
    database: 'app',
    serverVersion: '17.10',
    pgDumpVersion: '17.10',
    entries: entries.map((fields, at) => entry({ dumpId: at + 1, ...fields })),
  }
}

async function cut(chunks: readonly Buffer[], standardStrings: 'on' | 'off' = 'on'): Promise<string[]> {
  const found: string[] = []
  for await (const statement of statements(chunks, standardStrings)) found.push(statement.toString().trim())
  return found
}

describe('a stream of INSERT statements', () => {
  test('is cut at semicolons outside of quotes, wherever its chunks end', async () => {
    const text = fc.string({ unit: fc.constantFrom("'", '"', ';', '\\', 'a', 'é', '\n') })
    const statement = fc
      .tuple(text, text)
      .map(([name, value]) => `INSERT INTO "${name.replaceAll('"', '""')}" VALUES ('${value.replaceAll("'", "''")}');`)
    const sizes = fc.infiniteStream(fc.integer({ min: 1, max: 20 }))
    await fc.assert(
      fc.asyncProperty(fc.array(statement), sizes, async (all, lengths) => {
        const bytes = Buffer.from(all.join('\n'))
        const chunks: Buffer[] = []
        for (let at = 0; at < bytes.length;) {
          const size = lengths.next().value
          chunks.push(bytes.subarray(at, at + size))
          at += size
        }
        expect(await cut(chunks)).toEqual(all.map((one) => one.trim()))
      }),
    )
  })

  test('has backslashes that escape where the archive says that strings are not standard', async () => {
    const text = Buffer.from(`INSERT INTO t VALUES ('a\\';b');INSERT INTO t VALUES (1);`)
    expect(await cut([text], 'off')).toHaveLength(2)
  })
})

describe('the statement of a COPY', () => {
  test('names the encoding, and freezes only what this run has emptied', () => {
    const copyStmt = 'COPY public."a b" (x, "from stdin") FROM stdin;\n'
    expect(copyStatement({ copyStmt }, { format: 'text', encoding: 'LATIN1', mode: 'append' })).toBe(
      `COPY public."a b" (x, "from stdin") FROM STDIN (FORMAT text, ENCODING 'LATIN1')`,
    )
    expect(copyStatement({ copyStmt }, { format: 'text', encoding: 'UTF8', mode: 'whole' })).toMatch(/FREEZE\)$/)
  })

  test('tells rows that are loaded through the root of a partition tree', () => {
    const table = { namespace: 'S', tag: 'part "1"', desc: 'TABLE DATA' }
    expect(loadsViaRoot(entry({ ...table, copyStmt: 'COPY "S"."part ""1""" (x) FROM stdin;' }))).toBe(false)
    expect(loadsViaRoot(entry({ ...table, copyStmt: 'COPY "S".root (x) FROM stdin;' }))).toBe(true)
    expect(loadsViaRoot(entry({ ...table, defn: '-- load via partition root root\n' }))).toBe(true)
    expect(loadsViaRoot(entry({ ...table, copyStmt: '' }))).toBe(false)
  })
})

test('grants on a group of large objects are made on all of them, whatever a role is called', () => {
  const given = withLargeObjectGrants(
    archive(
      { desc: 'BLOB METADATA', tag: '7..9', defn: '7\n8\n9\n' },
      {
        desc: 'ACL',
        tag: 'LARGE OBJECTS 7..9',
        dependencies: [1],
        defn: 'REVOKE ALL ON LARGE OBJECT 7 FROM anna;\nGRANT SELECT ON LARGE OBJECT 7 TO "on LARGE OBJECT 7; x";\n\n',
      },
    ),
  ).entries[1]
  expect(given?.defn).toBe(
    'REVOKE ALL ON LARGE OBJECT 7, 8, 9 FROM anna;\nGRANT SELECT ON LARGE OBJECT 7, 8, 9 TO "on LARGE OBJECT 7; x";',
  )
  expect(given?.tag).toBe('LARGE OBJECT 7..9')
})

describe('what an archive says of its database', () => {
  const made = archive(
    {
      desc: 'DATABASE',
      tag: 'app',
      defn: `CREATE DATABASE app WITH TEMPLATE = template0 ENCODING = 'UTF8' LOCALE_PROVIDER = icu LOCALE = 'de_DE' ICU_LOCALE = 'de';\n`,
    },
    { desc: 'COMMENT', tag: 'DATABASE app', defn: `COMMENT ON DATABASE app IS 'it''s; mine';\n` },
    {
      desc: 'ACL',
      tag: 'DATABASE app',
      defn: 'REVOKE CONNECT ON DATABASE app FROM PUBLIC;\nGRANT ALL ON DATABASE app TO bob;\n',
    },
    {
      desc: 'DATABASE PROPERTIES',
      tag: 'app',
      defn: `ALTER DATABASE app CONNECTION LIMIT = 25;\nALTER DATABASE app SET search_path TO 'a;b', 'public';\nALTER ROLE bob IN DATABASE app SET "my.words" TO 'x';\nALTER DATABASE app SET "DateStyle" TO 'ISO, DMY';\n`,
    },
  )

  test('is read from the entries that only --create runs', () => {
    expect(databaseFacts(made)).toMatchObject({
      owner: 'anna',
      encoding: 'UTF8',
      collate: 'de_DE',
      ctype: 'de_DE',
      localeProvider: 'icu',
      icuLocale: 'de',
      connectionLimit: 25,
      comment: `it's; mine`,
      settings: [
        { role: undefined, name: 'search_path', value: '"a;b", "public"' },
        { role: 'bob', name: 'my.words', value: 'x' },
        { role: undefined, name: 'DateStyle', value: 'ISO, DMY' },
      ],
    })
    expect(databaseFacts(archive({}))).toBeUndefined()
  })

  test('is granted on a database of another name', () => {
    const grants = databaseGrants(made, { name: 'New "one"', roleMap: new Map([['bob', 'rob']]) })
    expect(grants.map(({ sql }) => sql)).toEqual([
      'REVOKE CONNECT ON DATABASE "New ""one""" FROM PUBLIC;',
      'GRANT ALL ON DATABASE "New ""one""" TO "rob";',
    ])
  })
})

describe('schema public', () => {
  const opened = archive({
    desc: 'ACL',
    tag: 'SCHEMA public',
    defn: 'REVOKE USAGE ON SCHEMA public FROM PUBLIC;\nGRANT ALL ON SCHEMA public TO PUBLIC;\n',
  })
  const closed = archive({ desc: 'ACL', tag: 'SCHEMA public', defn: 'REVOKE ALL ON SCHEMA public FROM PUBLIC;\n' })
  const open = ['GRANT CREATE ON SCHEMA public TO PUBLIC']
  const shut = ['REVOKE CREATE ON SCHEMA public FROM PUBLIC']

  test.each([
    [archive(), { pgDump: 14, source: 13, target: 17 }, open, true],
    [closed, { pgDump: 13, source: 13, target: 17 }, open, false],
    [archive(), { pgDump: 14, source: 13, target: 14 }, [], false],
    [opened, { pgDump: 18, source: 14, target: 18 }, [], true],
    [archive(), { pgDump: 18, source: 14, target: 18 }, [], false],
    [archive(), { pgDump: 18, source: 14, target: 14 }, shut, false],
    [opened, { pgDump: 18, source: 14, target: 14 }, [], false],
    [archive(), { pgDump: 18, source: 16, target: 18 }, [], false],
  ])('ends as open or closed as on the source (%#)', (of, majors, before, isNoted) => {
    const found = publicGrants(of, majors)
    expect([found.before, found.notice !== undefined]).toEqual([before, isNoted])
  })
})

function subscription(options: string): string {
  return `CREATE SUBSCRIPTION s CONNECTION 'host=x options='')''' PUBLICATION p WITH (connect = false, slot_name = 's'${options});\n`
}

test('a subscription keeps the options that an older pg_dump took for granted', () => {
  const defn = (options: string, majors: { pgDump: number; target: number }) =>
    withOldDefaults(archive({ desc: 'SUBSCRIPTION', defn: subscription(options) }), majors).entries[0]?.defn
  expect(defn('', { pgDump: 17, target: 18 })).toBe(subscription(', streaming = off'))
  expect(defn(', streaming = on', { pgDump: 17, target: 18 })).toBe(subscription(', streaming = on'))
  expect(defn('', { pgDump: 15, target: 18 })).toBe(subscription(', run_as_owner = true, streaming = off'))
  expect(defn('', { pgDump: 17, target: 17 })).toBe(subscription(''))
})

test('moments are compared as such, in whatever time zone each side has written them', () => {
  expect(inUtc(`DEFAULT '2019-12-31 20:30:00.25-03:30'::timestamptz`)).toBe(
    `DEFAULT '2020-01-01 00:00:00.25+00'::timestamptz`,
  )
  expect(inUtc(`'0099-01-01 00:00:00+00:00:30'`)).toBe(`'0098-12-31 23:59:30+00'`)
  expect(inUtc(`'2020-01-01 00:00:00' '2020-01-01' 'x+01'`)).toBe(`'2020-01-01 00:00:00' '2020-01-01' 'x+01'`)
})
