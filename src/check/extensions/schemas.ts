import { quoteIdent } from '../../sql.ts'
import { check, type NewFinding } from '../check.ts'
import { statements } from '../names.ts'
import { EXTENSIONS, extensionObject, offered, onBoth, type ExtensionRow, type OfferedRow } from './extension-row.ts'

export const schemas = check<ExtensionRow, OfferedRow>({
  id: 'X07',
  title: 'Every extension can be in the same schema on the target',
  severity: 'error',
  paths: ['offline', 'online', 'files'],
  needs: 'target',
  source: EXTENSIONS,
  target: offered,
  assess: ({ source, target }, pair) =>
    onBoth(source, target, pair).flatMap(({ ours, theirs }) => wrongSchema(ours, theirs)),
})

function wrongSchema(ours: ExtensionRow, theirs: OfferedRow): NewFinding[] {
  const object = extensionObject(ours.name)
  const name = quoteIdent(ours.name)
  if (theirs.installedIn !== null) {
    if (theirs.installedIn === ours.schema) return []
    const message = `It is in schema ${ours.schema} on the source, and in ${theirs.installedIn} on the target already: what names its functions and types by the source's schema fails to restore.`
    const [to, back] = [ours.schema, theirs.installedIn].map(
      (schema) => `ALTER EXTENSION ${name} SET SCHEMA ${quoteIdent(schema)}`,
    )
    const text = `It cannot be moved. Where nothing uses it yet, drop it on the target: DROP EXTENSION ${name}; the migration makes it where it belongs.`
    return [
      {
        object,
        message,
        fix:
          theirs.relocatable && to !== undefined && back !== undefined
            ? {
                kind: 'sql',
                side: 'target',
                sql: statements(`CREATE SCHEMA IF NOT EXISTS ${quoteIdent(ours.schema)}`, to),
                undo: statements(back),
              }
            : { kind: 'advice', text },
      },
    ]
  }
  if (theirs.fixedSchema !== null && theirs.fixedSchema !== ours.schema) {
    const message = `It is in schema ${ours.schema} on the source, and the target's version can be in ${theirs.fixedSchema} alone: making it fails there.`
    const text = `Bring the source to the target's version of it first, or make it on the target beforehand: CREATE EXTENSION ${name};`
    return [{ object, message, fix: { kind: 'advice', text } }]
  }
  if (ours.schema !== 'pg_catalog' || theirs.fixedSchema === 'pg_catalog' || theirs.superuser) return []
  const message =
    'It is in pg_catalog on the source, where only a superuser may make things, and our login on the target is none: making it fails.'
  if (!ours.relocatable) {
    const text =
      'Drop it on the source and make it again in another schema, or have a superuser of the target make it in pg_catalog beforehand.'
    return [{ object, message, fix: { kind: 'advice', text } }]
  }
  const [to, back] = [`ALTER EXTENSION ${name} SET SCHEMA public`, `ALTER EXTENSION ${name} SET SCHEMA pg_catalog`]
  return [{ object, message, fix: { kind: 'sql', side: 'source', sql: statements(to), undo: statements(back) } }]
}
