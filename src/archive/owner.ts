import { quoteIdent } from '../sql.ts'
import type { Entry } from './entry.ts'

const NAMED = new Set([
  'COLLATION',
  'CONVERSION',
  'DOMAIN',
  'FOREIGN TABLE',
  'MATERIALIZED VIEW',
  'SEQUENCE',
  'STATISTICS',
  'TABLE',
  'TEXT SEARCH DICTIONARY',
  'TEXT SEARCH CONFIGURATION',
  'TYPE',
  'VIEW',
  'DATABASE',
  'PROCEDURAL LANGUAGE',
  'SCHEMA',
  'EVENT TRIGGER',
  'FOREIGN DATA WRAPPER',
  'SERVER',
  'PUBLICATION',
  'SUBSCRIPTION',
])
const DECORATED = new Set(['AGGREGATE', 'FUNCTION', 'OPERATOR', 'OPERATOR CLASS', 'OPERATOR FAMILY', 'PROCEDURE'])

/**
 * The object of `ALTER <object> OWNER TO`; undefined where the entry has no owner of its own: other kinds (an index is
 * its table's owner's) and kinds that we do not know. After `_getObjectDescription` and `_printTocEntry`: what cannot be
 * dropped by itself cannot be owned by itself.
 */
export function ownedObject(entry: Entry): string | undefined {
  if (entry.owner === undefined || entry.dropStmt === '') return undefined
  if (NAMED.has(entry.desc)) {
    const schema = entry.namespace === undefined ? '' : `${quoteIdent(entry.namespace)}.`
    return `${entry.desc} ${schema}${quoteIdent(entry.tag)}`
  }
  // What a name is not enough for stands in the DROP statement just as ALTER wants it.
  if (DECORATED.has(entry.desc)) return /^DROP ([^]*?)[;\n]*$/.exec(entry.dropStmt)?.[1]
  if (entry.desc === 'BLOB') return `LARGE OBJECT ${entry.tag}`
  return undefined
}
