import { loadSql } from '../../sql.ts'
import { check } from '../check.ts'
import type { NewFinding, Pair } from '../check.ts'
import { listed, statements } from '../names.ts'
import { EVERY_COPY, travelling } from './shared.ts'
import type { ObjectRow } from './shared.ts'

interface UnqualifiedNames extends ObjectRow {
  /** earthdistance, or null for a function of the user's. */
  extension: string | null
  /** `index public.i`, `constraint c`: what calls it. */
  used_by: string[]
  /** What its body names without a schema, and in which schemas that is found. */
  names: string[]
  schemas: string[]
}

/** earthdistance 1.2, whose functions say where theirs are, comes with 16. */
const EARTHDISTANCE_MENDED = 16

/** Release notes of 17: REINDEX, CREATE INDEX, ANALYZE, REFRESH and CLUSTER run with search_path set to pg_catalog, pg_temp. */
const SAFE_MAINTENANCE = 17

/**
 * Since CVE-2018-1058 pg_dump's archives are restored with an empty search_path, so that a function which is called meanwhile
 * has to find its own names.
 */
export const unqualifiedNames = check<UnqualifiedNames>({
  id: 'O13',
  title: 'Functions in indexes, constraints and materialized views do not depend on the search_path',
  severity: 'error',
  paths: EVERY_COPY,
  source: loadSql(import.meta.url, 'search-path.sql'),
  assess: ({ source }, pair) => travelling(source, pair).flatMap((row) => unqualified(row, pair)),
})

function unqualified(
  { schema, name, extension, used_by: usedBy, names, schemas }: UnqualifiedNames,
  pair: Pair,
): NewFinding[] {
  const calls = `${listed(usedBy)} ${usedBy.length === 1 ? 'calls' : 'call'} it`
  if (extension !== null) {
    if (pair.target.major >= EARTHDISTANCE_MENDED) return []
    return [
      {
        object: `function ${name}`,
        message: `${calls}, and the ${extension} of PostgreSQL ${String(pair.target.major)} finds its own types by the search_path, which is empty during a restore.`,
        fix: {
          kind: 'advice',
          text: `Drop what calls it for the migration, and create it on the target afterwards; or choose a target of PostgreSQL ${String(EARTHDISTANCE_MENDED)} or newer.`,
        },
      },
    ]
  }
  const later =
    pair.target.major >= SAFE_MAINTENANCE && pair.source.major < SAFE_MAINTENANCE
      ? ` From PostgreSQL ${String(SAFE_MAINTENANCE)} on, REINDEX, ANALYZE and REFRESH fail for the same reason.`
      : ''
  // What the function's own schema has is what it most likely means.
  const path = schemas.toSorted((a, b) => Number(b === schema) - Number(a === schema))
  return [
    {
      object: `function ${name}`,
      message: `${calls}, and its body names ${listed(names)} without a schema. A restore runs with an empty search_path: it fails there.${later}`,
      fix: {
        kind: 'sql',
        side: 'source',
        sql: statements(`ALTER FUNCTION ${name} SET search_path = ${path.join(', ')}, pg_temp`),
        undo: statements(`ALTER FUNCTION ${name} RESET search_path`),
      },
    },
  ]
}
