import { isReserved } from '../../provider/index.ts'
import { loadSql } from '../../sql.ts'
import { check, type CheckedServer, type NewFinding, type Pair } from '../check.ts'
import { roleObject } from '../names.ts'
import { HBA_RULES, mayEnter, type HbaRule } from './hba-rule.ts'

interface ConnectingRole {
  name: string
  bootstrap: boolean
  groups: string[]
}

/** Services without superusers have firewalls and consoles in place of a pg_hba.conf that customers see. */
function hasHba({ provider }: CheckedServer): boolean {
  return provider.superuser === 'possible'
}

export const hbaLetsIn = check<ConnectingRole, HbaRule>({
  id: 'R17',
  title: 'pg_hba.conf of the target lets in every role that logs in on the source',
  severity: 'error',
  paths: ['offline', 'online', 'files', 'roles'],
  needs: 'target',
  when: ({ target }) => hasHba(target),
  source: loadSql(import.meta.url, 'connecting-roles.sql'),
  target: HBA_RULES,
  assess: ({ source, target = [] }, pair) =>
    source
      .filter(({ name, bootstrap }) => !bootstrap && !isReserved(pair.source.provider, 'role', name))
      .flatMap((role) => shutOut(role, target, pair)),
})

function shutOut({ name, groups }: ConnectingRole, rules: readonly HbaRule[], { paths }: Pair): NewFinding[] {
  const database = paths.has('roles') ? undefined : rules[0]?.current
  if (mayEnter(rules, { role: name, groups, database })) return []
  return [
    {
      object: roleObject(name),
      message: `It logs in on the source, and no line of the target's pg_hba.conf lets it in${database === undefined ? '' : ` to database ${database}`} over the network: its applications will be refused there.`,
      fix: {
        kind: 'advice',
        text: `Add a line to pg_hba.conf of the target, such as "host ${database ?? 'all'} ${name} ADDRESS/MASK scram-sha-256", and SELECT pg_reload_conf().`,
      },
    },
  ]
}

/** Methods for which the server needs more than pg_hba.conf and pg_authid: a directory, a keytab, certificates. */
const EXTERNAL_METHODS = new Set(['ldap', 'radius', 'cert', 'gss', 'sspi', 'pam', 'bsd', 'oauth'])

/** The first major without RADIUS (release notes of 19). */
const WITHOUT_RADIUS = 19

export const externalLogins = check<HbaRule, HbaRule>({
  id: 'R18',
  title: 'No login is decided outside of the server',
  severity: 'warning',
  paths: ['roles'],
  when: ({ source }) => hasHba(source),
  source: HBA_RULES,
  target: (server) => (hasHba(server) ? HBA_RULES : undefined),
  assess: ({ source, target = [] }, pair) =>
    source
      .filter(({ type, method }) => type !== 'local' && EXTERNAL_METHODS.has(method))
      .flatMap((rule) => externalLogin(rule, target, pair)),
})

function externalLogin(rule: HbaRule, target: readonly HbaRule[], pair: Pair): NewFinding[] {
  const { method, line, users, options } = rule
  const object = `pg_hba.conf line ${String(line)}`
  const who = users.includes('all') ? 'Every role' : users.join(', ')
  if (method === 'radius' && pair.target.major >= WITHOUT_RADIUS) {
    const message = `${who} may log in by RADIUS on the source, which PostgreSQL ${String(pair.target.major)} does not have any more.`
    const text = 'Move these logins to another method (scram-sha-256, ldap, cert) before the migration.'
    return [{ severity: 'error', object, message, fix: { kind: 'advice', text } }]
  }
  if (target.some((one) => one.method === method && one.options === options)) return []
  return [
    {
      object,
      message: `${who} may log in by ${method} on the source. Neither this line nor what stands behind it (servers, keys, certificates, maps) travels, and no line of the target does the same.`,
      fix: {
        kind: 'advice',
        text: hasHba(pair.target)
          ? `Set ${method} up on the target and add the line to its pg_hba.conf, or give these roles passwords.`
          : `See whether ${pair.target.provider.name} offers ${method}, or give these roles passwords.`,
      },
    },
  ]
}
