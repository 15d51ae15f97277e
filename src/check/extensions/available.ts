import { loadSql, quoteIdent } from '../../sql.ts'
import { check, type CheckedServer, type NewFinding, type Pair } from '../check.ts'
import { listed, statements } from '../names.ts'
import {
  dropOr,
  EXTENSIONS,
  extensionObject,
  offered,
  onBoth,
  travelling,
  type ExtensionRow,
  type OfferedRow,
} from './extension-row.ts'
import { removedBy } from './removed-modules.ts'

const paths = ['offline', 'online', 'files'] as const

export const available = check<ExtensionRow, OfferedRow>({
  id: 'X01',
  title: 'The target offers every extension of the source',
  severity: 'block',
  paths,
  needs: 'target',
  source: EXTENSIONS,
  target: offered,
  assess: ({ source, target = [] }, pair) =>
    travelling(source, pair)
      .filter(
        ({ name }) => !target.some((there) => there.name === name) && removedBy(name, pair.target.major) === undefined,
      )
      .map((extension) => notOffered(extension, pair.target)),
})

function notOffered(extension: ExtensionRow, { provider }: CheckedServer): NewFinding {
  const { name, version } = extension
  const how =
    provider.extensionsAt === undefined
      ? `Install the package of ${name} on the target's machine.`
      : `See whether ${provider.name} has ${name} for this version, and allow it: ${provider.extensionsAt}.`
  return {
    object: extensionObject(name),
    message: `The target does not offer it (the source has ${version}), so a migration does not start. ${usedBy(extension)}`,
    fix: dropOr(extension, `${how} Or replace what uses it, and drop it on the source.`),
  }
}

function usedBy({ uses }: ExtensionRow): string {
  return uses.length === 0 ? 'Nothing in this database uses it.' : `It is used by ${listed(uses, 3)}.`
}

export const removed = check<ExtensionRow>({
  id: 'X06',
  title: 'No extension is one that the target version does not have any more',
  severity: 'block',
  paths,
  source: EXTENSIONS,
  assess: ({ source }, { target }) =>
    source.flatMap((extension) => {
      const module = removedBy(extension.name, target.major)
      if (module === undefined) return []
      return [
        {
          object: extensionObject(extension.name),
          message: `PostgreSQL ${String(module.removedIn)} removed it, so the target (${String(target.major)}) cannot have it. ${usedBy(extension)}`,
          fix: dropOr(
            extension,
            `${module.instead} Then drop it on the source: DROP EXTENSION ${quoteIdent(extension.name)};`,
          ),
        },
      ]
    }),
})

interface AllowList {
  /** `azure.extensions` */
  setting: string
  allowed: string
}

export const allowed = check<ExtensionRow, AllowList>({
  id: 'X03',
  title: 'The provider of the target allows every extension of the source',
  severity: 'block',
  paths,
  needs: 'target',
  source: EXTENSIONS,
  target: loadSql(import.meta.url, 'allow-lists.sql'),
  assess: ({ source, target = [] }, pair) => target.flatMap((list) => notAllowed(travelling(source, pair), list, pair)),
})

function notAllowed(
  extensions: readonly ExtensionRow[],
  { setting, allowed }: AllowList,
  { target }: Pair,
): NewFinding[] {
  const names = allowed
    .split(',')
    .map((name) => name.trim().toLowerCase())
    .filter((name) => name !== '')
  if (names.includes('*')) return []
  return extensions
    .filter(({ name }) => !names.includes(name.toLowerCase()))
    .map(({ name }) => ({
      object: extensionObject(name),
      message: `${setting} of the target does not list it (${names.length === 0 ? 'nothing is listed' : listed(names)}), so it cannot be made there.`,
      fix: {
        kind: 'parameter',
        side: 'target',
        name: target.provider.parameterNames[setting] ?? setting,
        value: [...names, ...missing(extensions, names)].join(','),
        needs: 'reload',
      },
    }))
}

/** All of them in each fix, or one fix would take back the other. */
function missing(extensions: readonly ExtensionRow[], names: readonly string[]): string[] {
  return extensions.map(({ name }) => name.toLowerCase()).filter((name) => !names.includes(name))
}

export const superuserOnly = check<ExtensionRow, OfferedRow>({
  id: 'X05',
  title: 'Our login may make every extension on the target',
  severity: 'block',
  paths,
  needs: 'target',
  // Services let their administrators make what PostgreSQL keeps for superusers; X03 has their lists.
  when: ({ target }) => target.provider.superuser === 'possible',
  source: EXTENSIONS,
  target: offered,
  assess: ({ source, target }, pair) =>
    onBoth(source, target, pair)
      .filter(({ theirs }) => theirs.superuserOnly === true && !theirs.superuser && theirs.installed === null)
      .map(({ ours }) => {
        const name = quoteIdent(ours.name)
        const create = `CREATE EXTENSION ${name} WITH SCHEMA ${quoteIdent(ours.schema)}`
        const schema =
          ours.schema === 'public' || ours.schema.startsWith('pg_')
            ? []
            : [`CREATE SCHEMA IF NOT EXISTS ${quoteIdent(ours.schema)}`]
        return {
          object: extensionObject(ours.name),
          message: `Only a superuser may make it on the target (it is not trusted), and our login is none. A superuser can make it beforehand: what is there already is kept${schema.length > 0 ? ' (with a schema of its own there, say --into-non-empty)' : ''}.`,
          fix: {
            kind: 'sql',
            side: 'target',
            sql: statements(...schema, create),
            undo: statements(`DROP EXTENSION ${name}`),
          },
        }
      }),
})
