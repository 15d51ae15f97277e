import { isReserved } from '../../provider/index.ts'
import type { Fix } from '../../report/index.ts'
import { loadSql } from '../../sql.ts'
import { check, type NewFinding, type Pair } from '../check.ts'
import { removedParameters } from '../removed-parameters.ts'
import { carried, resetSql, SETTINGS, setSql, settingOwner, type SettingRow } from './setting-row.ts'

export const roleSettings = check<SettingRow, SettingRow | { role: string }>({
  id: 'R08',
  title: 'Roles have the same settings on the target',
  severity: 'warning',
  paths: ['offline', 'online', 'files'],
  needs: 'target',
  // With all roles, their settings travel.
  when: ({ paths }) => !paths.has('roles'),
  source: SETTINGS,
  target: {
    probe: async ({ target }) =>
      target === undefined
        ? []
        : [...(await target.query<SettingRow>(SETTINGS)), ...(await target.query<{ role: string }>(ROLE_NAMES))],
  },
  assess: ({ source, target = [] }, pair) => {
    const roles = new Set(target.flatMap((row) => ('parameter' in row ? [] : [row.role])))
    const theirs = target.filter((row) => 'parameter' in row).filter(({ database }) => database === null)
    return source
      .filter(({ role, database, connects }) => database === null && connects && (role === null || roles.has(role)))
      .filter(({ role }) => role === null || !isReserved(pair.source.provider, 'role', role))
      .filter(({ parameter }) => isKnownOn(pair, parameter))
      .flatMap((row) =>
        settingDiffers(
          row,
          theirs.find((one) => one.role === row.role && one.parameter === row.parameter),
        ),
      )
  },
})

const ROLE_NAMES = loadSql(import.meta.url, 'role-names.sql')

function settingDiffers(ours: SettingRow, theirs: SettingRow | undefined): NewFinding[] {
  if (theirs?.value === ours.value) return []
  const there = theirs === undefined ? 'nothing like it is set on the target' : `the target has ${theirs.value}`
  return [
    {
      object: `${settingOwner(ours)}: ${ours.parameter}`,
      message: `${ours.parameter} is set to ${ours.value} for ${ours.role === null ? 'every role' : 'the role'} on the source; ${there}. A migration of one database does not bring it: it belongs to the server.`,
      fix: {
        kind: 'sql',
        side: 'target',
        sql: setSql(ours),
        undo: theirs === undefined ? resetSql(ours) : setSql(theirs),
      },
    },
  ]
}

function isKnownOn(pair: Pair, parameter: string): boolean {
  return !removedParameters.some(({ name, removedIn }) => name === parameter && removedIn <= pair.target.major)
}

export const unknownParameters = check<SettingRow & { known: boolean }, { parameter: string }>({
  id: 'R09',
  title: 'The target knows every parameter that is set for a role or database',
  severity: 'error',
  paths: ['offline', 'online', 'files', 'roles'],
  source: {
    probe: async ({ source }) =>
      settingsWithKnown(await source.query<SettingRow>(SETTINGS), await source.query<{ parameter: string }>(KNOWN)),
  },
  target: loadSql(import.meta.url, 'known-parameters.sql'),
  assess: ({ source, target }, pair) => {
    const there = target && new Set(target.map(({ parameter }) => parameter))
    return carried(source, pair).flatMap((row) => [
      ...removedParameter(row, pair),
      ...unknownThere(row, there, pair),
      ...removedValue(row, pair),
    ])
  },
})

const KNOWN = loadSql(import.meta.url, 'known-parameters.sql')

/** Some parameters are in no list (`role`, `seed`): what the source does not list says nothing about the target. */
function settingsWithKnown(rows: readonly SettingRow[], parameters: readonly { parameter: string }[]) {
  const listed = new Set(parameters.map(({ parameter }) => parameter))
  return rows.map((row) => ({ ...row, known: listed.has(row.parameter) }))
}

function removedParameter(row: SettingRow, pair: Pair): NewFinding[] {
  const removed = removedParameters.find(({ name }) => name === row.parameter)
  if (removed === undefined || removed.removedIn > pair.target.major) return []
  const { replacedBy, note, removedIn } = removed
  const now = replacedBy === undefined ? '' : ` It is ${replacedBy} now.`
  return [
    {
      object: `${settingOwner(row)}: ${row.parameter}`,
      message: `${row.parameter} is set to ${row.value}, and PostgreSQL ${String(removedIn)} removed it: setting it fails on the target (${String(pair.target.major)}).${now} ${note}`,
      fix: dropSetting(row),
    },
  ]
}

function unknownThere(
  row: SettingRow & { known: boolean },
  there: ReadonlySet<string> | undefined,
  pair: Pair,
): NewFinding[] {
  const custom = row.parameter.includes('.')
  if (there === undefined || custom || !row.known || there.has(row.parameter) || !isKnownOn(pair, row.parameter))
    return []
  return [
    {
      object: `${settingOwner(row)}: ${row.parameter}`,
      message: `${row.parameter} is set to ${row.value}, and the target does not have this parameter: setting it fails there.`,
      fix: dropSetting(row),
    },
  ]
}

/** Values that a parameter no longer takes. Up to 13, booleans stood for md5 (release notes of 14, "Migration"). */
const REMOVED_VALUES = [
  { parameter: 'password_encryption', values: ['on', 'true', 'yes', '1'], removedIn: 14, use: 'md5' },
]

function removedValue(row: SettingRow, { target }: Pair): NewFinding[] {
  const removed = REMOVED_VALUES.find(
    ({ parameter, values }) => parameter === row.parameter && values.includes(row.value.toLowerCase()),
  )
  if (removed === undefined || removed.removedIn > target.major) return []
  return [
    {
      object: `${settingOwner(row)}: ${row.parameter}`,
      message: `${row.parameter} is set to ${row.value}, which PostgreSQL ${String(removed.removedIn)} does not take any more: setting it fails on the target. It means ${removed.use}.`,
      fix: { kind: 'sql', side: 'source', sql: setSql(row, row.parameter, removed.use), undo: setSql(row) },
    },
  ]
}

function dropSetting(row: SettingRow): Fix {
  return { kind: 'sql', side: 'source', sql: resetSql(row), undo: setSql(row) }
}
