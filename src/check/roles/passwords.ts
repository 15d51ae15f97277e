import { isReserved, type Provider } from '../../provider/index.ts'
import { loadSql, quoteIdent, quoteLiteral } from '../../sql.ts'
import { check, type NewFinding } from '../check.ts'
import { counted, listed, roleObject, statements } from '../names.ts'
import { ROLES, travelling, type RoleRow } from './role-row.ts'

interface Named {
  name: string
  bootstrap: boolean
}

function travels(provider: Provider): (role: Named) => boolean {
  return ({ name, bootstrap }) => !bootstrap && !isReserved(provider, 'role', name)
}

export const verifiers = check<Named & { readable: boolean }>({
  id: 'R03',
  title: 'The password verifiers of the source can be read',
  severity: 'error',
  paths: ['roles'],
  source: loadSql(import.meta.url, 'verifiers.sql'),
  assess: ({ source }, pair) => {
    const names = source.filter((role) => !role.readable && travels(pair.source.provider)(role)).map(({ name }) => name)
    if (names.length === 0) return []
    return [
      {
        message: `Our login may read neither pg_authid nor pg_shadow, so the passwords of ${counted(names.length, 'role')} cannot come along: ${listed(names, 10)}. No password is made up; without one they arrive without LOGIN.`,
        fix: {
          kind: 'advice',
          text: `Give their passwords in a file: --role-passwords FILE. Or connect to the source as a role that may read pg_authid${pair.source.provider.superuser === 'possible' ? ' (a superuser)' : ''}.`,
        },
      },
    ]
  },
})

const SHADOW_READABLE = "select pg_catalog.has_table_privilege('pg_catalog.pg_shadow', 'SELECT') as readable"
const IN_SHADOW = loadSql(import.meta.url, 'md5-in-shadow.sql')
const IN_AUTHID = loadSql(import.meta.url, 'md5-in-authid.sql')

export const md5Verifiers = check<Named>({
  id: 'R04',
  title: 'No password is kept as md5',
  severity: 'warning',
  paths: ['roles'],
  source: {
    probe: async ({ source }) => {
      const [shadow] = await source.query<{ readable: boolean }>(SHADOW_READABLE)
      return source.query<Named>(shadow?.readable === true ? IN_SHADOW : IN_AUTHID)
    },
  },
  assess: ({ source }, { source: { provider }, target }) =>
    source.filter(travels(provider)).map(({ name }) => ({
      object: roleObject(name),
      message: `Its password is kept as md5 and travels like that: the target refuses it wherever pg_hba.conf asks for scram-sha-256${target.major >= 18 ? `, and PostgreSQL 18 calls md5 deprecated, so a later version will refuse it everywhere` : ''}.`,
      fix: {
        kind: 'advice',
        text: `Set its password again under password_encryption = 'scram-sha-256', in psql: \\password ${quoteIdent(name)}. Its clients must know SCRAM (libpq 10 and newer does).`,
      },
    })),
})

export const validUntil = check<RoleRow>({
  id: 'R05',
  title: 'No password has expired or is about to',
  severity: 'info',
  paths: ['roles'],
  source: ROLES,
  assess: ({ source }, pair) =>
    travelling(source, pair.source.provider)
      .filter(({ login, validity }) => login && validity !== 'valid')
      .map(expiring),
})

function expiring({ name, validity, validUntil }: RoleRow): NewFinding {
  const whom = `ALTER ROLE ${quoteIdent(name)} VALID UNTIL`
  const fix = {
    kind: 'sql',
    side: 'source',
    sql: statements(`${whom} 'infinity'`),
    undo: statements(`${whom} ${quoteLiteral(validUntil ?? 'infinity')}`),
  } as const
  const object = roleObject(name)
  if (validity === 'expired') {
    const message = `Its password expired on ${validUntil ?? ''}, and that travels: neither server lets it in with a password.`
    return { object, message, fix }
  }
  const message = `Its password expires on ${validUntil ?? ''}, and that travels: from then on the target does not let it in, which will look as if the migration had broken it.`
  return { severity: 'warning', object, message, fix }
}
