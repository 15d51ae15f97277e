import { quoteIdent, settingSql } from '../sql.ts'
import type { RoleSetting } from './facts.ts'
import type { Reason } from './plan.ts'
import { mayAlter, reservedOnTarget, willBeThere, type Planning } from './planning.ts'

/** Values that name roles, and are mapped with them. */
const ROLE_PARAMETERS: ReadonlySet<string> = new Set(['role', 'session_authorization'])

/** ALTER ROLE ... SET: what is missing is set, what is set differently is compared. */
export function planSettings(planning: Planning): void {
  const { source, target, differences, changes } = planning
  const there = new Map(target.settings.map((setting) => [keyOf(setting), setting]))
  const wanted = source.settings.flatMap((setting) => onTarget(planning, setting) ?? [])
  for (const setting of wanted) {
    const present = there.get(keyOf(setting))
    if (present === undefined) {
      if (!isAllowed(planning, setting)) continue
      const sql = `ALTER ROLE ${whose(setting)} SET ${settingSql(setting.name, setting.value)}`
      const roles = setting.role === undefined ? [] : [setting.role]
      changes.push({ kind: 'setting', object: nameOf(setting), sql, roles })
    } else if (present.value !== setting.value) {
      const difference = {
        kind: 'setting',
        object: nameOf(setting),
        field: 'value',
        source: setting.value,
        target: present.value,
      } as const
      differences.push(setting.role === target.user ? { ...difference, reason: 'connecting-role' } : difference)
    }
  }
  addExtras(planning, new Set(wanted.map(keyOf)))
}

/** With the target's names; undefined where the setting's role stays behind, or another role of the source has its place. */
function onTarget(planning: Planning, setting: RoleSetting): RoleSetting | undefined {
  const { images, options } = planning
  if (setting.role === undefined) return { ...setting, value: valueOf(planning, setting) }
  const role = images.get(setting.role)
  if (role === undefined || reservedOnTarget(planning, role)) return undefined
  const others = [...images].filter(([name, image]) => image === role && name !== setting.role)
  if (others.length > 0 && options.roleMap?.has(setting.role) === true) return undefined
  return { ...setting, role, value: valueOf(planning, setting) }
}

function valueOf({ images, options }: Planning, { name, value }: RoleSetting): string {
  if (ROLE_PARAMETERS.has(name)) return images.get(value) ?? value
  if (name === 'default_tablespace') return options.tablespaceMap?.get(value) ?? value
  return value
}

function isAllowed(planning: Planning, setting: RoleSetting): boolean {
  const refusal = refusalOf(planning, setting)
  if (refusal === undefined) return true
  planning.leftOut.push({ kind: 'setting', object: nameOf(setting), ...refusal })
  return false
}

function refusalOf(planning: Planning, setting: RoleSetting): { reason: Reason; message: string } | undefined {
  const { target, powers } = planning
  const { role, database, name, value } = setting
  const parameter = planning.parameters?.get(name)
  if (role === target.user) {
    return { reason: 'connecting-role', message: `pgleap is connected as ${role}, which it does not alter.` }
  }
  if (database !== undefined && !target.databases.includes(database)) {
    return {
      reason: 'database-missing',
      message: `The target has no database ${database} yet; the setting comes with the database.`,
    }
  }
  if (parameter?.known === 'no') {
    return { reason: 'parameter-removed', message: `PostgreSQL ${String(target.major)} has no parameter ${name}.` }
  }
  const hasTablespace = target.tablespaces.some((one) => one.name === value)
  if (name === 'default_tablespace' && value !== '' && !value.startsWith('pg_') && !hasTablespace) {
    return {
      reason: 'tablespace-missing',
      message: `The target has no tablespace ${value}; --tablespace-map names another.`,
    }
  }
  if (role === undefined && !target.superuser) {
    return { reason: 'needs-superuser', message: 'Only superusers set parameters for all roles.' }
  }
  if (parameter?.privileged === true && !parameter.granted && powers.setRoleParameters !== 'yes') {
    return { reason: 'needs-superuser', message: `${target.user} may not set ${name}.` }
  }
  if (role !== undefined && willBeThere(planning, role) && !mayAlter(planning, role)) {
    return { reason: 'no-admin', message: `${target.user} may not alter ${role}.` }
  }
  return undefined
}

/** Settings of the source's roles that the target has on top; those for all roles are the target's own. */
function addExtras({ target, images, differences }: Planning, wanted: ReadonlySet<string>): void {
  const ours = new Set(images.values())
  for (const setting of target.settings) {
    if (setting.role === undefined || setting.role === target.user) continue
    if (!ours.has(setting.role) || wanted.has(keyOf(setting))) continue
    differences.push({
      kind: 'setting',
      object: nameOf(setting),
      field: 'value',
      source: 'none',
      target: setting.value,
    })
  }
}

/** Names of parameters are compared without regard to case (guc.c, guc_name_compare). */
function keyOf({ role = '', database = '', name }: RoleSetting): string {
  return [role, database, name.toLowerCase()].join('\0')
}

function whose({ role, database }: RoleSetting): string {
  const who = role === undefined ? 'ALL' : quoteIdent(role)
  return database === undefined ? who : `${who} IN DATABASE ${quoteIdent(database)}`
}

function nameOf({ role, database, name }: RoleSetting): string {
  const who = role === undefined ? 'all roles' : role
  return `${name} of ${who}${database === undefined ? '' : ` in database ${database}`}`
}
