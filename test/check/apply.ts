import type { Finding } from '../../src/report/index.ts'
import type { FreshDatabase } from '../kit/index.ts'

/** Runs the findings' SQL fixes, or what takes them back, each on its side; findings with other fixes are left alone. */
export async function apply(
  findings: readonly Finding[],
  sides: { readonly source?: FreshDatabase; readonly target?: FreshDatabase },
  which: 'sql' | 'undo' = 'sql',
): Promise<void> {
  for (const { fix } of findings) {
    if (fix?.kind !== 'sql') continue
    const database = sides[fix.side]
    const sql = fix[which]
    if (database === undefined || sql === undefined) throw new Error(`no ${which} for the ${fix.side}: ${fix.sql}`)
    await database.query(sql)
  }
}
