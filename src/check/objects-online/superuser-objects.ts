import { loadSql, quoteIdent } from '../../sql.ts'
import { check, type NewFinding, type Pair } from '../check.ts'

interface SuperuserRow {
  superuser: boolean
}

/** Of the target's role; where there is no target, what the provider leaves open. */
function maySuperuser(target: readonly SuperuserRow[] | undefined, pair: Pair): boolean {
  if (target !== undefined) return target.some(({ superuser }) => superuser)
  return pair.target.provider.superuser === 'possible'
}

const SUPERUSER = loadSql(import.meta.url, 'superuser.sql')

interface EventTriggerRow {
  name: string
  event: string
  enabled: string
}

export const eventTriggers = check<EventTriggerRow, SuperuserRow>({
  id: 'O30',
  title: 'Event triggers can be made on the target, and do not stand in the way',
  severity: 'warning',
  paths: ['offline', 'online', 'files'],
  source: loadSql(import.meta.url, 'event-triggers.sql'),
  target: SUPERUSER,
  assess: ({ source, target }, pair) => source.map((row) => eventTrigger(row, maySuperuser(target, pair), pair)),
})

function eventTrigger({ name, event, enabled }: EventTriggerRow, superuser: boolean, pair: Pair): NewFinding {
  const object = `event trigger ${name}`
  const online = pair.paths.has('online')
    ? ' On the source it fires for the publication that an online migration makes.'
    : ''
  const alter = `ALTER EVENT TRIGGER ${quoteIdent(name)}`
  const disable = {
    kind: 'sql' as const,
    side: 'source' as const,
    sql: `${alter} DISABLE;`,
    undo: `${alter} ${ENABLE[enabled] ?? 'ENABLE'}; -- on both servers, after the migration`,
  }
  if (superuser) {
    return {
      severity: 'info',
      object,
      message: `It fires on ${event}. On the target it is made last, and then fires for what is done there afterwards, such as dropping the record of the run.${online}`,
      fix: disable,
    }
  }
  return {
    object,
    message: `Only a superuser can create an event trigger (some services let their administrator), and our role on the target is none: it may not arrive.${online}`,
    fix: {
      kind: 'advice',
      text: `Migrate with a role that may create it on ${pair.target.provider.name}, or drop it on the source and see what depended on it.`,
    },
  }
}

const ENABLE: Readonly<Record<string, string>> = { O: 'ENABLE', A: 'ENABLE ALWAYS', R: 'ENABLE REPLICA' }

interface ObjectRow {
  kind: string
  /** Null where the kind has none. */
  schema: string | null
  name: string
}

interface DictionaryRow {
  schema: string
  name: string
  options: string
}

const OBJECTS = loadSql(import.meta.url, 'superuser-objects.sql')
const DICTIONARIES = loadSql(import.meta.url, 'dictionaries.sql')

export const superuserObjects = check<ObjectRow | DictionaryRow, SuperuserRow>({
  id: 'O31',
  title: 'Objects that need a superuser or files of the server can be made on the target',
  severity: 'block',
  paths: ['offline', 'online', 'files'],
  source: {
    probe: async ({ source }) => [
      ...(await source.query<ObjectRow>(OBJECTS)),
      ...(await source.query<DictionaryRow>(DICTIONARIES)),
    ],
  },
  target: SUPERUSER,
  assess: ({ source, target }, pair) =>
    source.flatMap((row) => {
      if ('options' in row) return [dictionary(row)]
      return maySuperuser(target, pair) ? [] : [superuserObject(row, pair)]
    }),
})

function superuserObject({ kind, schema, name }: ObjectRow, { target }: Pair): NewFinding {
  return {
    object: `${kind} ${schema === null ? name : `${schema}.${name}`}`,
    message: `Only a superuser can create it, and on the target (${target.provider.name}) our role is none: it, and all that needs it, cannot be made there.`,
    fix: {
      kind: 'advice',
      text: 'Find an extension that is available on the target and brings the like, or change what uses it on the source.',
    },
  }
}

function dictionary({ schema, name, options }: DictionaryRow): NewFinding {
  return {
    severity: 'error',
    object: `text search dictionary ${schema}.${name}`,
    message: `It reads files of the server (${options}). Files do not travel: without them on the target it cannot be created.`,
    fix: {
      kind: 'advice',
      text: "Put the files into the target's share/tsearch_data folder first; a managed service offers only its own.",
    },
  }
}
