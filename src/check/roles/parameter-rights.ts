import { isReserved } from '../../provider/index.ts'
import { loadSql, quoteIdent } from '../../sql.ts'
import { check, type NewFinding, type Pair, type ProbeEnds } from '../check.ts'
import { statements } from '../names.ts'
import { carried, SETTINGS, settingOwner, type SettingRow } from './setting-row.ts'

interface ParameterGrant {
  parameter: string
  /** PUBLIC, where it is null. */
  grantee: string | null
  privilege: 'SET' | 'ALTER SYSTEM'
  grantable: boolean
}

interface Settable {
  parameter: string
  settable: boolean
}

/** Rights on parameters came with 15. */
const FIRST_WITH_GRANTS = 15

export const parameterRights = check<SettingRow | ParameterGrant, Settable | ParameterGrant>({
  id: 'R10',
  title: 'Parameters that only superusers may set can be set on the target, and rights on them are there',
  severity: 'warning',
  paths: ['offline', 'online', 'files', 'roles'],
  needs: 'target',
  source: {
    probe: async ({ source, pair }) => [
      ...(await source.query<SettingRow>(SETTINGS)),
      ...(await grantsOf(source, pair.source.major)),
    ],
  },
  target: { probe: settableOnTarget },
  assess: ({ source, target = [] }, pair) => {
    const settings = carried(
      source.filter((row) => 'value' in row),
      pair,
    )
    const refused = target.filter((row) => 'settable' in row && !row.settable).map(({ parameter }) => parameter)
    return [
      ...settings.filter(({ parameter }) => refused.includes(parameter)).map((row) => refusedSetting(row, pair)),
      ...missingGrants(
        source.filter((row) => 'privilege' in row),
        target.filter((row) => 'privilege' in row),
        pair,
      ),
    ]
  },
})

type Asked = ProbeEnds['source']

async function grantsOf(session: Asked, major: number): Promise<ParameterGrant[]> {
  return major < FIRST_WITH_GRANTS ? [] : session.query<ParameterGrant>(PARAMETER_GRANTS)
}

async function settableOnTarget({ source, target, pair }: ProbeEnds): Promise<(Settable | ParameterGrant)[]> {
  if (target === undefined) return []
  const set = await source.query<SettingRow>(SETTINGS)
  const names = [...new Set(carried(set, pair).map(({ parameter }) => parameter))]
  const sql = pair.target.major < FIRST_WITH_GRANTS ? SETTABLE_14 : SETTABLE
  return [...(await target.query<Settable>(sql, [names])), ...(await grantsOf(target, pair.target.major))]
}

const PARAMETER_GRANTS = loadSql(import.meta.url, 'parameter-grants.sql')
const SETTABLE = loadSql(import.meta.url, 'settable.sql')
const SETTABLE_14 = loadSql(import.meta.url, 'settable.14.sql')

function refusedSetting(row: SettingRow, { target }: Pair): NewFinding {
  const provider = target.provider
  const name = provider.parameterNames[row.parameter] ?? row.parameter
  return {
    object: `${settingOwner(row)}: ${row.parameter}`,
    message: `${row.parameter} is set to ${row.value}; on the target only a superuser may set it for a role or database${row.parameter.includes('.') ? ', since no loaded library knows it' : ''}, and our login is none: it will be missing there.`,
    fix: {
      kind: 'advice',
      text: `Have it set by a superuser of the target${target.major >= FIRST_WITH_GRANTS ? ` (or GRANT SET ON PARAMETER ${row.parameter} TO our login)` : ''}, or for the whole server: ${name}, in ${provider.parametersAt}.`,
    },
  }
}

/** A migration of one database does not bring them; with all roles, a superuser is needed to bring them. */
function missingGrants(source: readonly ParameterGrant[], target: readonly ParameterGrant[], pair: Pair): NewFinding[] {
  if (pair.paths.has('roles')) return []
  const missing = source.filter(
    ({ parameter, grantee, privilege }) =>
      (grantee === null || !isReserved(pair.source.provider, 'role', grantee)) &&
      !target.some((one) => one.parameter === parameter && one.grantee === grantee && one.privilege === privilege),
  )
  return missing.map(({ parameter, grantee, privilege, grantable }) => {
    const whom = grantee === null ? 'PUBLIC' : quoteIdent(grantee)
    const name = parameter.split('.').map(quoteIdent).join('.')
    return {
      object: `parameter ${parameter}`,
      message: `${grantee ?? 'Everybody'} may ${privilege === 'SET' ? 'set' : 'ALTER SYSTEM'} it on the source, and not on the target. Such rights belong to the server: a migration of one database does not bring them.`,
      fix: {
        kind: 'sql',
        side: 'target',
        sql: statements(`GRANT ${privilege} ON PARAMETER ${name} TO ${whom}${grantable ? ' WITH GRANT OPTION' : ''}`),
        undo: statements(`REVOKE ${privilege} ON PARAMETER ${name} FROM ${whom}`),
      },
    }
  })
}
