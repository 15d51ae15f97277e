import { isReserved } from '../../provider/index.ts'
import type { Fix } from '../../report/index.ts'
import { loadSql, quoteIdent, quoteLiteral } from '../../sql.ts'
import type { CheckedServer, Pair } from '../check.ts'
import { statements } from '../names.ts'

export const EXTENSIONS = loadSql(import.meta.url, 'extensions.sql')

/** An extension of the source's database. */
export interface ExtensionRow {
  name: string
  version: string
  schema: string
  relocatable: boolean
  /** Objects outside of it that use it, in words; at most three. */
  uses: string[]
}

/** An extension that a server offers. */
export interface OfferedRow {
  name: string
  defaultVersion: string
  /** Whether only a superuser may make it; null where the server does not list that version. */
  superuserOnly: boolean | null
  /** The only schema that it can be in. */
  fixedSchema: string | null
  /** Its version in the connected database, if it is there. */
  installed: string | null
  installedIn: string | null
  relocatable: boolean
  /** Whether the connected role is a superuser. */
  superuser: boolean
}

const OFFERED = loadSql(import.meta.url, 'offered.sql')
const OFFERED_12 = loadSql(import.meta.url, 'offered.12.sql')

export function offered({ major }: CheckedServer): string {
  return major < 13 ? OFFERED_12 : OFFERED
}

/** The extensions that a migration makes on the target: those of a provider, and plpgsql, are there already or stay. */
export function travelling(extensions: readonly ExtensionRow[], pair: Pair): ExtensionRow[] {
  return extensions.filter(({ name }) => name !== 'plpgsql' && !isReserved(pair.source.provider, 'extension', name))
}

/** Pairs of what the source has and the target offers. */
export function onBoth(
  source: readonly ExtensionRow[],
  target: readonly OfferedRow[] | undefined,
  pair: Pair,
): { ours: ExtensionRow; theirs: OfferedRow }[] {
  return travelling(source, pair).flatMap((ours) => {
    const theirs = target?.find(({ name }) => name === ours.name)
    return theirs === undefined ? [] : [{ ours, theirs }]
  })
}

export function extensionObject(name: string): string {
  return `extension ${name}`
}

/** Dropping it on the source, where nothing uses it; else what has to be done by hand. */
export function dropOr({ name, version, schema, uses }: ExtensionRow, advice: string): Fix {
  if (uses.length > 0) return { kind: 'advice', text: advice }
  const undo = `CREATE EXTENSION ${quoteIdent(name)} WITH SCHEMA ${quoteIdent(schema)} VERSION ${quoteLiteral(version)}`
  return { kind: 'sql', side: 'source', sql: statements(`DROP EXTENSION ${quoteIdent(name)}`), undo: statements(undo) }
}
