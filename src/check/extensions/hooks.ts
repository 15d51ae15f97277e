import { isReserved } from '../../provider/index.ts'
import { loadSql, quoteIdent } from '../../sql.ts'
import { check, type NewFinding } from '../check.ts'
import { statements } from '../names.ts'

interface Hook {
  kind: 'event trigger' | 'audit'
  name: string
  /** The event, or what is audited. */
  detail: string
  owner: string | null
  me: string
}

export const hooks = check<never, Hook>({
  id: 'X17',
  title: "Nothing on the target fires on the migration's own statements",
  severity: 'warning',
  paths: ['offline', 'online', 'files'],
  target: loadSql(import.meta.url, 'hooks.sql'),
  assess: ({ target = [] }, pair) =>
    target
      .filter(({ owner }) => owner === null || !isReserved(pair.target.provider, 'role', owner))
      .map((hook) => (hook.kind === 'audit' ? audited(hook) : eventTrigger(hook))),
})

function audited({ detail, me }: Hook): NewFinding {
  const role = `ALTER ROLE ${quoteIdent(me)}`
  return {
    object: 'pgaudit',
    message: `pgaudit.log is ${detail} for our login on the target: every statement of the migration is written to its log, which slows it down and fills the disk.`,
    fix: {
      kind: 'sql',
      side: 'target',
      sql: statements(`${role} SET pgaudit.log TO 'none'`),
      undo: statements(`${role} RESET pgaudit.log`),
    },
  }
}

function eventTrigger({ name, detail }: Hook): NewFinding {
  const trigger = `ALTER EVENT TRIGGER ${quoteIdent(name)}`
  return {
    object: `event trigger ${name}`,
    message: `It is on the target already and fires on ${detail}, so on every object that the migration makes; where it fails, so does the migration.`,
    fix: { kind: 'sql', side: 'target', sql: statements(`${trigger} DISABLE`), undo: statements(`${trigger} ENABLE`) },
  }
}
