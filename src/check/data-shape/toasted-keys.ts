import { loadSql } from '../../sql.ts'
import { check } from '../check.ts'
import { listed } from '../names.ts'
import { tableName } from './identity-facts.ts'

/**
 * The first minor of each major whose WAL has an unchanged key that is stored out of line ("WAL log unchanged toasted
 * replica identity key attributes", of February 2022, backpatched to 10: in the releases of May 2022).
 */
const LOGGED_SINCE: Readonly<Record<number, number>> = { 10: 21, 11: 16, 12: 11, 13: 7, 14: 3 }

export const toastedKeys = check<{ schema: string; name: string; columns: string[] }>({
  id: 'I06',
  title: 'Keys that are stored out of line reach the target',
  severity: 'error',
  paths: ['online'],
  when: ({ source: { major, version } }) => version !== undefined && version % 10_000 < (LOGGED_SINCE[major] ?? 0),
  source: loadSql(import.meta.url, 'toasted-keys.sql'),
  assess: ({ source }, { source: { major } }) =>
    source.map((row) => ({
      object: tableName(row),
      message: `Its replica identity has ${listed(row.columns)}. This minor release of PostgreSQL ${String(major)} does not log a key value that is stored out of line (longer than about 2 kB) and unchanged: the target would not find such rows, and skip their updates without a word.`,
      fix: {
        kind: 'advice' as const,
        text: `Update the source to ${String(major)}.${String(LOGGED_SINCE[major] ?? 0)} or newer first; it is good to run the last minor release anyway.`,
      },
    })),
})
