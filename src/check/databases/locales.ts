import { DatabaseError, SQLSTATE, type Session } from '../../connection/index.ts'
import type { NewFinding, Pair, ProbeEnds } from '../check.ts'
import { check } from '../check.ts'
import { DATABASES, describeLocale, moving, plainLocale, sortOrder, type DatabaseRow } from './database-row.ts'

export const d02 = check<DatabaseRow, DatabaseRow>({
  id: 'D02',
  title: 'The text of the source fits into the encoding of the target',
  severity: 'error',
  paths: ['offline', 'online', 'files', 'roles'],
  source: DATABASES,
  target: DATABASES,
  assess: ({ source, target = [] }, pair) => [
    ...moving(source, pair).flatMap(unreadable),
    ...source
      .filter(({ here }) => here)
      .flatMap((row) => target.filter(({ here }) => here).flatMap((other) => encodings(row, other))),
  ],
})

/** Our sessions speak UTF8, and no conversion leads there from MULE_INTERNAL (mbutils.c, PrepareClientEncoding). */
function unreadable({ name, encoding }: DatabaseRow): NewFinding[] {
  if (encoding !== 'MULE_INTERNAL') return []
  return [
    {
      object: `database ${name}`,
      severity: 'block',
      message: 'Its encoding is MULE_INTERNAL, which no server converts to UTF8: pgleap cannot connect to it.',
      fix: {
        kind: 'advice',
        text: 'Move it to a database with encoding UTF8 first: pg_dump --encoding of what the text really is, such as EUC_JP.',
      },
    },
  ]
}

function encodings(row: DatabaseRow, other: DatabaseRow): NewFinding[] {
  if (row.encoding === other.encoding) return []
  const from = row.encoding
  const to = other.encoding
  if (from === 'SQL_ASCII') {
    return [
      {
        object: `database ${row.name}`,
        message: `Its encoding is SQL_ASCII: nobody ever checked its text. The target's is ${to}, which refuses every row that is not valid there.`,
        fix: {
          kind: 'advice',
          text: 'Clean the text up on the source, or make the target database with encoding SQL_ASCII, too.',
        },
      },
    ]
  }
  if (to === 'SQL_ASCII') {
    return [
      {
        object: `database ${other.name} of the target`,
        severity: 'warning',
        message: `Its encoding is SQL_ASCII and the source's is ${from}: the target does not check text, and counts bytes in place of characters.`,
        fix: { kind: 'advice', text: `Make the target database with encoding ${from}.` },
      },
    ]
  }
  if (to === 'UTF8') return []
  return [
    {
      object: `database ${other.name} of the target`,
      message: `Its encoding is ${to} and the source's is ${from}: a row with a character that ${to} lacks cannot be copied.`,
      fix: { kind: 'advice', text: `Make the target database with encoding ${from} or UTF8.` },
    },
  ]
}

interface LocaleRow {
  database: string
  here: boolean
  locale: string
}

export const d03 = check<LocaleRow>({
  id: 'D03',
  title: 'The locales of the source exist on the target',
  severity: 'error',
  paths: ['offline', 'online', 'files', 'roles'],
  needs: 'target',
  source: { probe: unknownLocales },
  assess: ({ source }, pair) => source.map((row) => noLocale(row, pair)),
})

/** What the target does not have of what databases are to be made with; one that is there like the source's needs nothing. */
async function unknownLocales({ source, target, open, pair }: ProbeEnds): Promise<LocaleRow[]> {
  if (target === undefined) return []
  const own = (await target.query<DatabaseRow>(DATABASES)).find(({ here }) => here)
  const wanted = moving(await source.query<DatabaseRow>(DATABASES), pair).filter(
    (row) => pair.paths.has('roles') || own === undefined || !sameLocale(row, own),
  )
  await using session = await open('target', 'locales')
  const rows: LocaleRow[] = []
  for (const row of wanted) {
    for (const locale of new Set([row.collate, row.ctype])) {
      if (!(await hasLocale(session, locale))) rows.push({ database: row.name, here: row.here, locale })
    }
    const provider = await lackingProvider(session, row)
    if (provider !== undefined) rows.push({ database: row.name, here: row.here, locale: provider })
  }
  return rows
}

/**
 * Whether the operating system has it: every category of a locale comes with it, and this one is tried when it is set
 * (pg_locale.c, check_locale_monetary), even where nothing may be written.
 */
async function hasLocale(session: Session, locale: string): Promise<boolean> {
  try {
    await session.query("SELECT pg_catalog.set_config('lc_monetary', $1, false)", [locale])
    return true
  } catch (error) {
    if (error instanceof DatabaseError && error.server.sqlstate === SQLSTATE.invalidParameterValue) return false
    throw error
  }
}

async function lackingProvider(session: Session, row: DatabaseRow): Promise<string | undefined> {
  if (row.provider === 'c') return undefined
  const [there] = await session.query('SELECT FROM pg_catalog.pg_collation c WHERE c.collprovider = $1 LIMIT 1', [
    row.provider,
  ])
  return there === undefined ? describeLocale(row) : undefined
}

function noLocale({ database, here, locale }: LocaleRow, pair: Pair): NewFinding {
  const windows = /^[A-Z][a-z]+_[^.]*\.\d+$/u.test(locale)
  const own = windows ? ' It is a name of Windows.' : ''
  return {
    object: `locale ${locale}`,
    ...(here && !pair.paths.has('roles') ? {} : { severity: 'block' as const }),
    message: `Database ${database} has it, and the target does not know it: a database cannot be made there with it (--create, --all-databases).${own}`,
    fix: {
      kind: 'advice',
      text: windows
        ? 'Make the target database yourself, with a locale of the same language: en_US.UTF-8 for English_United States.1252.'
        : 'Install the locale on the machine of the target (localedef) and restart it; or make the target database yourself with a locale that it has.',
    },
  }
}

function sameLocale(row: DatabaseRow, other: DatabaseRow): boolean {
  return sortOrder(row) === sortOrder(other) && plainLocale(row.ctype) === plainLocale(other.ctype)
}

export const d04 = check<DatabaseRow, DatabaseRow>({
  id: 'D04',
  title: 'The target database sorts text as the source does',
  severity: 'warning',
  paths: ['offline', 'online', 'files'],
  needs: 'target',
  source: DATABASES,
  target: DATABASES,
  assess: ({ source, target = [] }) =>
    source
      .filter(({ here }) => here)
      .flatMap((row) => target.filter(({ here }) => here).flatMap((other) => orders(row, other))),
})

function orders(row: DatabaseRow, other: DatabaseRow): NewFinding[] {
  if (sameLocale(row, other)) return []
  const pair = `(${describeLocale(row)}) and the target's (${describeLocale(other)})`
  const object = `database ${other.name} of the target`
  if (sortOrder(row) === sortOrder(other)) {
    return [
      {
        object,
        severity: 'info',
        message: `The source's locale ${pair} sort alike, but differ in upper(), lower() and classes of characters in regular expressions.`,
        fix: {
          kind: 'advice',
          text: 'Make the target database with the LC_CTYPE of the source, if queries rely on it.',
        },
      },
    ]
  }
  return [
    {
      object,
      message: `The source's locale ${pair} sort text differently: ORDER BY, comparisons and ranges of text give other answers. Indexes are built anew, so those are right.`,
      fix: {
        kind: 'advice',
        text: 'Make the target database with the locale of the source (--create does), if queries rely on its order.',
      },
    },
  ]
}
