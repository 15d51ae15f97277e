import { DatabaseError } from '../../connection/index.ts'
import { loadSql, quoteIdent, quoteLiteral } from '../../sql.ts'
import type { CheckedServer, NewFinding, ProbeEnds } from '../check.ts'
import { check } from '../check.ts'
import { statements } from '../names.ts'

interface StaleRow {
  kind: 'collation' | 'database'
  name: string
  recorded: string
  actual: string
  example: string | null
}

const STALE = loadSql(import.meta.url, 'stale-versions.sql')
const STALE_14 = loadSql(import.meta.url, 'stale-versions.14.sql')

export const d05 = check<StaleRow>({
  id: 'D05',
  title: 'The indexes of the source are in the order of its collations',
  severity: 'warning',
  paths: ['offline', 'online', 'files'],
  source: ({ major }: CheckedServer) => (major >= 15 ? STALE : STALE_14),
  assess: ({ source }) => source.map(stale),
})

function stale({ kind, name, recorded, actual, example }: StaleRow): NewFinding {
  const refresh =
    kind === 'database' ? `ALTER DATABASE ${name} REFRESH COLLATION VERSION` : `ALTER COLLATION ${name} REFRESH VERSION`
  const where = example === null ? 'every index of text' : `the indexes that use it (${example})`
  return {
    object: `${kind} ${name}`,
    message: `It was version ${recorded} when it was made, and the server has ${actual} now: ${where} may be in the wrong order, so that queries miss rows and unique indexes hold duplicates. The target builds its indexes anew, and fails on duplicates.`,
    fix:
      kind === 'database'
        ? { kind: 'sql', side: 'source', sql: statements(`REINDEX DATABASE ${name}`, refresh) }
        : { kind: 'advice', text: `On the source, REINDEX the indexes that use it, then: ${refresh};` },
  }
}

interface UsedRow {
  name: string
  provider: string
  example: string
  uses: number
}

export const d07 = check<UsedRow, { name: string }>({
  id: 'D07',
  title: 'The collations that columns use exist on the target',
  severity: 'block',
  paths: ['offline', 'online', 'files'],
  needs: 'target',
  source: loadSql(import.meta.url, 'column-collations.sql'),
  target: loadSql(import.meta.url, 'known-collations.sql'),
  assess: ({ source, target = [] }) => {
    const known = new Set(target.map(({ name }) => name))
    return source.filter(({ name }) => !known.has(name)).map(missing)
  },
})

function missing({ name, provider, example, uses }: UsedRow): NewFinding {
  const libc = `Install the locale on the machine of the target (localedef), then as superuser: SELECT pg_import_system_collations('pg_catalog');`
  return {
    object: `collation ${name}`,
    message: `${uses === 1 ? example : `${String(uses)} columns and expressions (${example})`} of the source use${uses === 1 ? 's' : ''} it, and the target does not have it: the definition fails there.`,
    fix: {
      kind: 'advice',
      text:
        provider === 'c'
          ? libc
          : `Use a target whose PostgreSQL is built with ICU and knows ${quoteIdent(name)}, or give the column another collation on the source.`,
    },
  }
}

interface OwnRow {
  name: string
  provider: 'c' | 'i' | 'b'
  locale: string | null
  collate: string | null
  ctype: string | null
  deterministic: boolean
  rules: string | null
}

interface RefusedRow {
  name: string
  definition: string
  answer: string
}

const OWN = loadSql(import.meta.url, 'own-collations.sql')

export const d08 = check<RefusedRow>({
  id: 'D08',
  title: 'The target takes the collations that somebody has made',
  severity: 'block',
  paths: ['offline', 'online', 'files'],
  needs: 'target',
  source: { probe: tryCollations },
  assess: ({ source }) =>
    source.map(({ name, definition, answer }) => ({
      object: `collation ${name}`,
      message: `The target refuses it (${definition}): ${answer}.`,
      fix: {
        kind: 'advice',
        text: 'Install its locale on the machine of the target, or make the collation on the source with a locale that both have.',
      },
    })),
})

/** Makes each in the session's temporary schema, and takes it back: what a locale's name means, only the target knows. */
async function tryCollations({ source, target, open }: ProbeEnds): Promise<RefusedRow[]> {
  if (target === undefined) return []
  const own = await source.query<OwnRow>(OWN)
  if (own.length === 0) return []
  await using session = await open('target', 'collations')
  await session.script('BEGIN READ WRITE; SAVEPOINT pgleap_try')
  const refused: RefusedRow[] = []
  for (const row of own) {
    const definition = definitionOf(row)
    try {
      await session.script(`ROLLBACK TO SAVEPOINT pgleap_try; CREATE COLLATION pg_temp.pgleap_try (${definition})`)
    } catch (error) {
      if (!(error instanceof DatabaseError) || session.broken) throw error
      refused.push({ name: row.name, definition, answer: error.server.message })
    }
  }
  await session.script('ROLLBACK')
  return refused
}

function definitionOf({ provider, locale, collate, ctype, deterministic, rules }: OwnRow): string {
  const parts =
    provider === 'c'
      ? ['provider = libc', `lc_collate = ${literal(collate)}`, `lc_ctype = ${literal(ctype)}`]
      : [`provider = ${provider === 'i' ? 'icu' : 'builtin'}`, `locale = ${literal(locale)}`]
  if (!deterministic) parts.push('deterministic = false')
  if (rules !== null) parts.push(`rules = ${literal(rules)}`)
  return parts.join(', ')
}

function literal(value: string | null): string {
  return quoteLiteral(value ?? '').trim()
}
