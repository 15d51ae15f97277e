import { loadSql } from '../../sql.ts'
import { formatCount } from '../../units.ts'
import { check, type NewFinding } from '../check.ts'

interface AgeRow {
  transactions: number
  transactions_limit: number
  multixacts: number
  multixacts_limit: number
}

/** varsup.c: ids stop being given out three million before 2^31. */
const END = 2 ** 31 - 3_000_000
const SOON = 1_500_000_000

export const freezeAge = check<AgeRow>({
  id: 'I13',
  title: 'Transaction ids are far from their wraparound',
  severity: 'warning',
  paths: ['offline', 'online', 'files'],
  source: loadSql(import.meta.url, 'freeze-age.sql'),
  assess: ({ source }) =>
    source.flatMap((row) => [
      ...old('transaction', row.transactions, row.transactions_limit),
      ...old('multixact', row.multixacts, row.multixacts_limit),
    ]),
})

/** Autovacuum begins at the limit; where it is passed twice, autovacuum does not get through. */
function old(what: string, age: number, limit: number): NewFinding[] {
  if (age < 2 * limit && age < SOON) return []
  return [
    {
      severity: age < SOON ? 'warning' : 'error',
      message: `The oldest rows are ${formatCount(age)} ${what} ids old (autovacuum acts at ${formatCount(limit)}; at ${formatCount(END)} the server takes no more writes). A migration's long snapshot, or an online one's slot, keeps VACUUM from freezing for as long as it lasts.`,
      fix: {
        kind: 'sql',
        side: 'source',
        sql: 'VACUUM (FREEZE);',
      },
    },
  ]
}
