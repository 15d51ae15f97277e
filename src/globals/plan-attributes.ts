import type { RoleAttribute } from '../provider/index.ts'
import { quoteIdent, quoteLiteral } from '../sql.ts'
import type { RoleAttributes, RoleFacts } from './facts.ts'
import type { LeftOut, NoLogin, Reason } from './plan.ts'
import type { Planning } from './planning.ts'
import type { RolePassword } from './role-passwords.ts'

/** What a role of the source becomes on the target, as far as the target and the user let it. */
export interface Wanted {
  /** Its name on the target. */
  name: string
  attributes: RoleAttributes
  password: RolePassword | undefined
  /** What of the source's role is not in it, by field. */
  reduced: ReadonlyMap<keyof RoleAttributes | 'password', LeftOut>
}

export const GIVEN: readonly (readonly [field: keyof RoleAttributes, attribute: RoleAttribute])[] = [
  ['superuser', 'SUPERUSER'],
  ['createRole', 'CREATEROLE'],
  ['createDb', 'CREATEDB'],
  ['replication', 'REPLICATION'],
  ['bypassRls', 'BYPASSRLS'],
]

export function wantedRole(planning: Planning, role: RoleFacts, name: string): Wanted {
  const { powers, targetProvider } = planning
  const attributes: RoleAttributes = {
    superuser: role.superuser,
    inherit: role.inherit,
    createRole: role.createRole,
    createDb: role.createDb,
    login: role.login,
    replication: role.replication,
    bypassRls: role.bypassRls,
    connectionLimit: role.connectionLimit,
    validUntil: role.validUntil,
  }
  const reduced = new Map<keyof RoleAttributes | 'password', LeftOut>()
  const leaveOut = (field: keyof RoleAttributes | 'password', reason: Reason, message: string) =>
    reduced.set(field, { kind: 'role', object: `role ${name}`, reason, message })
  for (const [field, attribute] of GIVEN) {
    if (!attributes[field] || powers.give[attribute] === 'yes') continue
    Object.assign(attributes, { [field]: false })
    const why =
      powers.give[attribute] === 'no'
        ? 'does not let its administrator give it'
        : 'could not be asked whether it lets its administrator give it'
    leaveOut(field, 'not-grantable', `${attribute} is left out: ${targetProvider.name} ${why}.`)
  }
  const password = passwordOf(planning, role, name)
  if ('refusal' in password) {
    const { refusal, because } = password
    if (role.login) {
      attributes.login = false
      leaveOut('login', refusal, `It arrives without LOGIN, as ${because}.`)
    }
    // Of a role that does not log in, an unreadable password may well be none at all.
    if (refusal !== 'verifier-unreadable') leaveOut('password', refusal, `Its password is left out, as ${because}.`)
    return { name, attributes, password: undefined, reduced }
  }
  return { name, attributes, password: password.use, reduced }
}

type PasswordDecision = { use: RolePassword | undefined } | { refusal: Reason; because: string }

function passwordOf({ options, powers, source }: Planning, role: RoleFacts, name: string): PasswordDecision {
  const given = options.passwords?.get(role.name)
  const { verifier } = role
  if (given === undefined && verifier.kind === 'none') return { use: undefined }
  if (given === undefined && verifier.kind === 'unreadable') {
    const because =
      source.verifiers === 'left-out'
        ? 'the dump was made without passwords'
        : `${source.user} may not read passwords on the source`
    return { refusal: 'verifier-unreadable', because }
  }
  if (given === undefined && verifier.kind === 'unknown') {
    return { refusal: 'verifier-refused', because: 'the source holds no verifier of it that PostgreSQL would know' }
  }
  const chosen = given ?? ('value' in verifier ? { verifier: verifier.value, password: undefined } : undefined)
  if (chosen === undefined) return { use: undefined }
  const md5 = chosen.verifier.reveal().startsWith('md5')
  if (md5 && name !== role.name) {
    return { refusal: 'verifier-bound-to-name', because: 'its md5 hash holds the old name' }
  }
  if ((md5 ? powers.takeMd5 : powers.takeScram) === 'no') {
    const form = md5 ? 'an md5' : 'a SCRAM'
    return { refusal: 'verifier-refused', because: `the target does not take ${form} verifier in place of a password` }
  }
  return { use: chosen }
}

/**
 * CREATE ROLE without its password, which `fullSql` adds. Only what differs from the defaults is said: some services refuse even
 * NOSUPERUSER.
 */
export function createRoleSql(name: string, attributes: RoleAttributes): string {
  const words = [
    ...GIVEN.flatMap(([field, attribute]) => (attributes[field] === true ? [attribute] : [])),
    ...(attributes.inherit ? [] : ['NOINHERIT']),
    ...(attributes.login ? ['LOGIN'] : []),
    ...(attributes.connectionLimit === -1 ? [] : [`CONNECTION LIMIT ${String(attributes.connectionLimit)}`]),
    ...(attributes.validUntil === undefined ? [] : [`VALID UNTIL ${quoteLiteral(attributes.validUntil)}`]),
  ]
  return [`CREATE ROLE ${quoteIdent(name)}`, ...words].join(' ')
}

export function withoutLogin(name: string, reason: Reason): NoLogin {
  return { role: name, reason, psql: `ALTER ROLE ${quoteIdent(name)} LOGIN;\n\\password ${quoteIdent(name)}` }
}
