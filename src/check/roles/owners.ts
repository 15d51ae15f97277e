import { isReserved } from '../../provider/index.ts'
import type { Fix } from '../../report/index.ts'
import { loadSql, quoteIdent } from '../../sql.ts'
import { check, type CheckedServer, type NewFinding, type Pair } from '../check.ts'
import { counted, listed, roleObject, statements } from '../names.ts'

interface NeededRole {
  role: string
  /** The superuser that initdb made. */
  bootstrap: boolean
  login: boolean
  /** How many objects of this database belong to it. */
  owned: number
  /** Some objects that it owns or has rights on, in words. */
  examples: string[]
}

interface DefinerFunctions {
  role: string
  functions: string[]
}

interface ReachableRole {
  role: string
  superuser: boolean
  /** Whether our login may make it the owner of something. */
  owns: boolean
  /** Whether our login has its rights. */
  acts: boolean
  me: string
}

const OWNERS = loadSql(import.meta.url, 'owners.sql')
const DEFINERS = loadSql(import.meta.url, 'definer-functions.sql')
const REACHABLE = loadSql(import.meta.url, 'reachable-roles.sql')
const REACHABLE_15 = loadSql(import.meta.url, 'reachable-roles.15.sql')

function reachable({ major }: CheckedServer): string {
  return major < 16 ? REACHABLE_15 : REACHABLE
}

export const owners = check<NeededRole | DefinerFunctions, ReachableRole>({
  id: 'R12',
  title: 'The roles that own objects or hold rights are on the target, and our login may act for them',
  severity: 'block',
  paths: ['offline', 'online', 'files', 'roles'],
  needs: 'target',
  source: {
    probe: async ({ source }) => [
      ...(await source.query<NeededRole>(OWNERS)),
      ...(await source.query<DefinerFunctions>(DEFINERS)),
    ],
  },
  target: reachable,
  assess: ({ source, target = [] }, pair) => {
    const needed = source.filter((row) => 'owned' in row)
    const definers = source.filter((row) => 'functions' in row)
    const onTarget = (name: string) => target.find(({ role }) => role === name)
    return [
      ...needed.flatMap((role) => neededRole(role, onTarget(role.role), pair)),
      ...definers.flatMap((functions) => lesserDefiner(functions, onTarget(functions.role), pair)),
    ]
  },
})

function neededRole(needed: NeededRole, there: ReachableRole | undefined, pair: Pair): NewFinding[] {
  if (there === undefined) return missingRole(needed, pair)
  // Nobody should be made a member of a superuser: what such a role owns stays with our login, and migrate says so.
  if (there.owns || there.superuser || needed.owned === 0) return []
  const name = quoteIdent(needed.role)
  const me = quoteIdent(there.me)
  return [
    {
      severity: 'warning',
      object: roleObject(needed.role),
      message: `It owns ${ownedBy(needed)}, and on the target "${there.me}" may not give objects to it: they would stay with "${there.me}".`,
      fix: {
        kind: 'sql',
        side: 'target',
        sql: statements(`GRANT ${name} TO ${me}`),
        undo: statements(`REVOKE ${name} FROM ${me}`),
      },
    },
  ]
}

function ownedBy({ owned, examples }: NeededRole): string {
  return owned === 0 ? 'nothing' : `${counted(owned, 'object')} (${listed(examples.slice(0, owned), 3)})`
}

/** With all roles, those that travel are made first. */
function missingRole(needed: NeededRole, pair: Pair): NewFinding[] {
  const { role, owned, examples } = needed
  const stays =
    needed.bootstrap || [pair.source, pair.target].some(({ provider }) => isReserved(provider, 'role', role))
  if (pair.paths.has('roles') && !stays) return []
  const what =
    owned > 0
      ? `owns ${ownedBy(needed)}`
      : examples.length > 0
        ? `has rights on ${listed(examples, 3)}`
        : 'has settings in this database'
  return [
    {
      object: roleObject(role),
      message: `It ${what} and does not exist on the target: a migration does not start without it, unless told to do without owners and grants.`,
      fix: roleFix(needed, stays),
    },
  ]
}

function roleFix({ role, login }: NeededRole, stays: boolean): Fix {
  if (stays) {
    return {
      kind: 'advice',
      text: `The role stays with its server. Name one of the target in its place: --role-map ${role}=NEW; or leave owners and grants out: --no-owner --no-privileges.`,
    }
  }
  return {
    kind: 'sql',
    side: 'target',
    sql: statements(`CREATE ROLE ${quoteIdent(role)}${login ? ' LOGIN' : ''}`),
    undo: statements(`DROP ROLE ${quoteIdent(role)}`),
  }
}

/** A function that runs with a superuser's rights, and will not on the target. */
function lesserDefiner(
  { role, functions }: DefinerFunctions,
  there: ReachableRole | undefined,
  pair: Pair,
): NewFinding[] {
  if (there?.superuser === true) return []
  if (there === undefined && pair.paths.has('roles') && pair.target.provider.superuser === 'possible') return []
  return functions.map((name) => ({
    severity: 'warning',
    object: `function ${name}`,
    message: `It is SECURITY DEFINER and belongs to the superuser ${role}; its owner on the target will be no superuser, so what it does with such rights fails there, and only when it is called.`,
    fix: {
      kind: 'advice',
      text: 'Look into its body for what needs a superuser, and grant its owner on the target just that (for example membership in pg_monitor or pg_signal_backend).',
    },
  }))
}

interface DefaultPrivileges {
  role: string
  /** `tables in schema app`, `functions` */
  objects: string[]
}

export const defaultPrivileges = check<DefaultPrivileges, ReachableRole>({
  id: 'R13',
  title: 'Default privileges can be set for their roles on the target',
  severity: 'warning',
  paths: ['offline', 'online', 'files'],
  needs: 'target',
  source: loadSql(import.meta.url, 'default-privileges.sql'),
  target: reachable,
  assess: ({ source, target = [] }, pair) =>
    source.flatMap(({ role, objects }) => {
      const there = target.find((one) => one.role === role)
      // A role that is not there at all is the finding of R12.
      if (there === undefined || there.acts) return []
      return [
        {
          object: roleObject(role),
          message: `Objects that it makes get rights by default (${listed(objects)}); on the target "${there.me}" may not set that for it, so later objects of it will be without.`,
          fix: actFor(there, pair),
        },
      ]
    }),
})

/** From 16 on, it takes a membership that inherits (aclchk.c, ExecAlterDefaultPrivilegesStmt), which GRANT can ask for. */
function actFor({ role, superuser, me, owns }: ReachableRole, { target }: Pair): Fix {
  const [name, login] = [quoteIdent(role), quoteIdent(me)]
  if (superuser) {
    const text = `It is a superuser there: have a superuser of the target run the statements ALTER DEFAULT PRIVILEGES FOR ROLE ${name} that fail.`
    return { kind: 'advice', text }
  }
  const inherit = target.major >= 16
  const undo = inherit && owns ? `GRANT ${name} TO ${login} WITH INHERIT FALSE` : `REVOKE ${name} FROM ${login}`
  return {
    kind: 'sql',
    side: 'target',
    sql: statements(`GRANT ${name} TO ${login}${inherit ? ' WITH INHERIT TRUE' : ''}`),
    undo: statements(undo),
  }
}
