import { loadSql } from '../../sql.ts'
import { formatCount, formatDuration } from '../../units.ts'
import { check, type NewFinding } from '../check.ts'
import { listed } from '../names.ts'

interface ChurnRow {
  /** The statistics were reset at a known time. */
  exact: boolean
  seconds: number
  changes: number
  commits: number
  tables: string[]
}

/** Per second. Below the first there is nothing to tell; one apply worker hardly keeps up with the second. */
const WORTH_TELLING = 100
const TOO_MANY = 10_000

export const churn = check<ChurnRow>({
  id: 'I08',
  title: 'One apply worker can keep up with the writes',
  severity: 'info',
  paths: ['online'],
  source: loadSql(import.meta.url, 'churn.sql'),
  assess: ({ source }) => source.flatMap(rate),
})

function rate({ exact, seconds, changes, tables }: ChurnRow): NewFinding[] {
  const perSecond = changes / seconds
  // Without a reset nobody knows since when they count; a young server would alarm without cause.
  if (perSecond < WORTH_TELLING || (!exact && seconds < 86_400)) return []
  const since = `in ${formatDuration(seconds * 1000)}, ${exact ? 'since the statistics were reset' : 'counted since the server started, though some may be older'}`
  const message = `${formatCount(Math.round(perSecond))} rows are inserted, updated or deleted in a second, on average ${since}. Most of them in ${listed(tables)}.`
  if (perSecond < TOO_MANY) return [{ message }]
  return [
    {
      severity: 'error',
      message: `${message} The target applies them in one process, which manages some ten thousand simple rows a second: it may never catch up.`,
      fix: {
        kind: 'advice',
        text: 'Begin in quiet hours, stop jobs that rewrite tables, give hot tables a primary key, and let pgleap online status forecast whether it converges; else migrate offline.',
      },
    },
  ]
}
