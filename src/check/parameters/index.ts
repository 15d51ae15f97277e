import type { Side } from '../../connection/index.ts'
import type { Finding } from '../../report/index.ts'
import { loadSql, quoteIdent } from '../../sql.ts'
import { check } from '../check.ts'
import type { Check, NewFinding, Pair } from '../check.ts'
import { setParameter } from '../parameter.ts'
import { removedParameters } from '../removed-parameters.ts'
import { isOfItsServer } from './of-its-server.ts'
import { parameterValue } from './value.ts'

const CHANGED = loadSql(import.meta.url, 'changed.sql')

interface ParameterRow {
  name: string
  value: string | null
  default: string | null
  unit: string | null
  context: string
  travels: boolean
  sees_all: boolean
  user: string
}

/** P01 */
const known = check<ParameterRow, ParameterRow>({
  id: 'P01',
  title: 'Parameters that the source changes are there on the target',
  about: 'server',
  severity: 'warning',
  paths: ['offline', 'online', 'files', 'roles'],
  source: CHANGED,
  target: CHANGED,
  assess: ({ source, target }, pair) => [
    ...hidden('source', source),
    ...hidden('target', target ?? []),
    ...changed(source).flatMap((row) => {
      const removed = removedParameters.find(({ name, removedIn }) => name === row.name && isGone(removedIn, pair))
      if (removed !== undefined) return [goneFinding(row, pair, removed)]
      if (target === undefined || target.some(({ name }) => name === row.name)) return []
      // Hidden from our user is not gone.
      return target.every(({ sees_all }) => sees_all) ? [unknownFinding(row)] : []
    }),
  ],
})

/** What was not compared is said. */
function hidden(side: Side, [row]: readonly ParameterRow[]): NewFinding[] {
  if (row === undefined || row.sees_all) return []
  const grant = quoteIdent(row.user)
  return [
    {
      object: `parameters hidden on the ${side}`,
      severity: 'info',
      message: `The ${side} hides some parameters from ${row.user}, shared_preload_libraries among them; these were not compared.`,
      fix: {
        kind: 'sql',
        side,
        sql: `GRANT pg_read_all_settings TO ${grant}`,
        undo: `REVOKE pg_read_all_settings FROM ${grant}`,
      },
    },
  ]
}

function isGone(removedIn: number, { source, target }: Pair): boolean {
  return source.major < removedIn && removedIn <= target.major
}

function goneFinding(
  row: ParameterRow,
  pair: Pair,
  removed: { removedIn: number; replacedBy?: string; note: string },
): NewFinding {
  const { removedIn, replacedBy, note } = removed
  const gone = `${row.name} is ${parameterValue(row)} on the source, and PostgreSQL ${String(removedIn)} took it away. ${note}`
  const text =
    replacedBy === undefined ? `Leave ${row.name} out.` : `Set ${replacedBy} on the target to what does the same.`
  return {
    object: `parameter ${row.name}`,
    message: gone,
    fix: { kind: 'advice', text: `${text} It is set ${pair.target.provider.parametersAt}.` },
  }
}

function unknownFinding(row: ParameterRow): NewFinding {
  const [prefix, dotted] = row.name.split('.')
  return {
    object: `parameter ${row.name}`,
    message: `${row.name} is ${parameterValue(row)} on the source, and the target does not know it.`,
    fix: {
      kind: 'advice',
      text:
        dotted === undefined
          ? `The target was built without what ${row.name} is for; leave it out.`
          : `Load the library of ${prefix ?? ''} on the target (shared_preload_libraries), or leave ${row.name} out.`,
    },
  }
}

/** P02 */
const equal = check<ParameterRow, ParameterRow>({
  id: 'P02',
  title: 'Parameters that the source changes have the same value on the target',
  about: 'server',
  severity: 'info',
  paths: ['offline', 'online', 'files', 'roles'],
  needs: 'target',
  source: CHANGED,
  target: CHANGED,
  assess: ({ source, target = [] }, pair) => {
    const there = new Map(target.map((row) => [row.name, row]))
    return changed(source).flatMap((row) => {
      const other = there.get(row.name)
      if (other === undefined || parameterValue(other) === parameterValue(row)) return []
      return [differs(row, other, pair)]
    })
  },
  // S05, S07, S10, S16, S20 and T10 say what the value does to a migration, and to what it is to be set.
  toldBy: ({ object }, other) => object !== undefined && object === `parameter ${parameterOf(other)}`,
})

/** Checks of one parameter have it as their object, with or without the word or the side. */
function parameterOf({ object = '' }: Finding): string {
  return object.replace(/^parameter | on the (?:source|target)$/gu, '')
}

function differs(row: ParameterRow, other: ParameterRow, pair: Pair): NewFinding {
  const value = parameterValue(row)
  return {
    object: `parameter ${row.name}`,
    message: `${row.name} is ${value} on the source and ${parameterValue(other)} on the target.`,
    fix: setParameter(pair, 'target', {
      name: row.name,
      value,
      needs: other.context === 'postmaster' ? 'restart' : 'reload',
    }),
  }
}

/** What somebody set for the whole server, of what may well be the same on two servers. */
function changed(rows: readonly ParameterRow[]): ParameterRow[] {
  return rows.filter((row) => row.value !== row.default && !row.travels && !isOfItsServer(row.name))
}

/** P: what is set on the source. Beyond the catalogue; R09 looks at what roles and databases set. */
export const parameters: readonly Check[] = [known, equal]
