import { isReserved } from '../../provider/index.ts'
import type { MigrationPath } from '../../report/index.ts'
import type { Pair } from '../check.ts'

/** Whatever brings a schema over: what the target refuses to create stops all of these. */
export const EVERY_COPY: readonly MigrationPath[] = ['offline', 'online', 'files']

/** What every row of this family says about its object. */
export interface ObjectRow {
  schema: string
  /** Quoted and qualified: stands in SQL as it is. */
  name: string
}

/** The source is older than that major, and the target is not: what changed in it happens to this pair. */
export function crosses(pair: Pair, major: number): boolean {
  return pair.source.major < major && pair.target.major >= major
}

/** Without what belongs to the source's provider: that never travels. */
export function travelling<R extends { schema: string }>(rows: readonly R[], pair: Pair): R[] {
  return rows.filter(({ schema }) => !isReserved(pair.source.provider, 'schema', schema))
}

/** `PostgreSQL 18`. */
export function target(pair: Pair): string {
  return `PostgreSQL ${String(pair.target.major)}`
}
