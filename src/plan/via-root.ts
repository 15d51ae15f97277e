import { tokens, type Entry } from '../archive/index.ts'

/**
 * Whether the rows of a partition are loaded through the table at the top of its tree (pg_dump --load-via-partition-root):
 * then they may come to lie in any partition, so that none of them may be emptied. After is_load_via_partition_root in
 * pg_backup_archiver.c: newer archives say so, in others the COPY names another table than the entry.
 */
export function loadsViaRoot({ defn, copyStmt, namespace, tag }: Entry): boolean {
  if (defn.startsWith('-- load via partition root ')) return true
  if (copyStmt === '') return false
  const [copy, first, dot, second] = tokens(copyStmt)
  if (copy?.name !== 'copy') return false
  return dot?.text === '.' ? first?.name !== namespace || second?.name !== tag : first?.name !== tag
}
