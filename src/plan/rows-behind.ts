import type { TableFacts } from '../catalog/index.ts'
import { relationEntries } from './planning.ts'
import type { Selection } from './selection.ts'

/** Tells the tables whose rows stay behind: they are left out, their extension is, or their rows are. */
export function rowsStayBehind({
  entries,
  withoutData,
}: Selection): (table: Pick<TableFacts, 'oid' | 'extension'>) => boolean {
  const kept = relationEntries(entries)
  const extensions = new Set(entries.flatMap(({ desc, tag }) => (desc === 'EXTENSION' ? [tag] : [])))
  return ({ oid, extension }) =>
    withoutData.has(oid) || (extension === undefined ? !kept.has(oid) : !extensions.has(extension.name))
}
