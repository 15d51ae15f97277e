import { isAcl, isAboutDatabase, mapRoles, tokens, type Archive, type Token } from '../../archive/index.ts'
import type { DatabaseFacts } from '../../catalog/index.ts'
import type { DatabaseStatement } from '../../plan/index.ts'
import { QUOTED_LISTS, quoteIdent } from '../../sql.ts'

/**
 * What an archive says of its database: its locale, and with the entries that pg_restore runs with --create its settings,
 * comment and connection limit (pg_dump.c, dumpDatabase and dumpDatabaseConfig). Undefined where the archive does not say
 * how the database was made. Grants stay statements: see `databaseGrants`.
 */
export function databaseFacts(archive: Archive): DatabaseFacts | undefined {
  const made = archive.entries.find(({ desc }) => desc === 'DATABASE')
  if (made === undefined) return undefined
  const options = optionsOf(tokens(made.defn))
  const both = options.get('locale')
  const provider = options.get('locale_provider')
  const properties = archive.entries.filter(isAboutDatabase).flatMap((entry) => statementsOf(entry.defn))
  const words = new Map<'comment' | 'limit', string>()
  for (const all of properties) {
    if (startsWith(all, 'comment', 'on', 'database')) words.set('comment', all.at(-1)?.name ?? '')
    if (startsWith(all, 'alter', 'database') && all[3]?.name === 'connection')
      words.set('limit', numberIn(all.slice(6)))
  }
  return {
    name: archive.database,
    owner: made.owner ?? '',
    encoding: options.get('encoding') ?? 'UTF8',
    collate: options.get('lc_collate') ?? both ?? 'C',
    ctype: options.get('lc_ctype') ?? both ?? 'C',
    localeProvider: provider === 'icu' || provider === 'builtin' ? provider : 'libc',
    icuLocale: options.get('icu_locale') ?? options.get('builtin_locale') ?? (provider === 'libc' ? undefined : both),
    icuRules: options.get('icu_rules'),
    connectionLimit: Number(words.get('limit') ?? -1),
    comment: words.get('comment'),
    settings: properties.flatMap(settingOf),
    grants: undefined,
  }
}

/** The archive's grants on its database, for a database of another name. */
export function databaseGrants(
  archive: Archive,
  { name, roleMap }: { name: string; roleMap: ReadonlyMap<string, string> },
): DatabaseStatement[] {
  return archive.entries
    .filter((entry) => isAcl(entry) && isAboutDatabase(entry))
    .flatMap((entry) => cut(mapRoles(entry, roleMap)))
    .map((sql) => onDatabase(sql, name))
}

/** The archive's security labels on its database, for a database of another name. */
export function databaseLabels({ entries }: Archive, name: string): DatabaseStatement[] {
  return entries
    .filter((entry) => entry.desc === 'SECURITY LABEL' && isAboutDatabase(entry))
    .flatMap(({ defn }) => cut(defn))
    .map((statement) => {
      const { sql } = onDatabase(statement, name)
      // A server speaks of providers and objects, and quotes no label.
      return { sql, label: sql.slice(0, tokens(sql).find(isIs)?.start).trim(), secret: 'none' }
    })
}

function isIs({ name, kind, depth }: Token): boolean {
  return name === 'is' && kind === 'word' && depth === 0
}

function onDatabase(sql: string, name: string): DatabaseStatement {
  const all = tokens(sql)
  const at = all.findIndex(({ name: word }, index) => word === 'database' && all[index - 1]?.name === 'on')
  const named = all[at + 1]
  if (at === -1 || named === undefined) return { label: sql, sql }
  const renamed = `${sql.slice(0, named.start)}${quoteIdent(name)}${sql.slice(named.end)}`
  return { label: renamed, sql: renamed }
}

/** `key = 'value'` pairs of CREATE DATABASE, by key in lower case. */
function optionsOf(all: readonly Token[]): Map<string, string> {
  return new Map(
    all.flatMap((token, at): [string, string][] => {
      const value = all[at + 2]
      if (all[at + 1]?.text !== '=' || token.kind !== 'word' || value === undefined) return []
      return [[token.name, value.name]]
    }),
  )
}

/** `ALTER DATABASE x SET name TO value`, `ALTER ROLE r IN DATABASE x SET name TO value`. */
function settingOf(all: readonly Token[]): DatabaseFacts['settings'] {
  const ofRole = startsWith(all, 'alter', 'role')
  if (!ofRole && !startsWith(all, 'alter', 'database')) return []
  const at = ofRole ? 6 : 3
  if (all[at]?.name !== 'set' || all[at + 1]?.name === 'tablespace') return []
  const to = all.findIndex(({ name, text }, index) => index > at && (name === 'to' || text === '='))
  const values = all.slice(to + 1).filter(({ text }) => text !== ',' && text !== ';')
  if (to === -1 || values.length === 0) return []
  const name = all
    .slice(at + 1, to)
    .map((token) => token.name)
    .join('')
  const [first] = values
  const value =
    values.length === 1 && !QUOTED_LISTS.has(name)
      ? (first?.name ?? '')
      : values.map((one) => (one.name === '' ? '""' : quoteIdent(one.name))).join(', ')
  return [{ role: ofRole ? all[2]?.name : undefined, name, value }]
}

function startsWith(all: readonly Token[], ...words: string[]): boolean {
  return words.every((word, at) => all[at]?.name === word)
}

/** Digits are tokens of their own. */
function numberIn(all: readonly Token[]): string {
  return all
    .map(({ text }) => text)
    .join('')
    .replace(/[^-\d].*$/, '')
}

/** The statements of a definition, as tokens without the semicolons. */
export function statementsOf(sql: string): Token[][] {
  return cut(sql).map((statement) => tokens(statement).filter(({ text }) => text !== ';'))
}

function cut(sql: string): string[] {
  const found: string[] = []
  let start = 0
  for (const { text, end, depth } of tokens(sql)) {
    if (text !== ';' || depth > 0) continue
    found.push(sql.slice(start, end).trim())
    start = end
  }
  return found
}
