import type { Session } from '../../connection/index.ts'
import type { Fix } from '../../report/index.ts'
import { loadSql } from '../../sql.ts'
import { check, type Pair } from '../check.ts'
import { counted } from '../names.ts'
import { setParameter } from '../parameter.ts'

type Scheduler = 'pg_cron' | 'pgAgent' | 'pg_timetable'

interface Jobs {
  scheduler: Scheduler
  count: number
}

export const jobs = check<Jobs>({
  id: 'X15',
  title: 'No scheduler would run its jobs on both servers',
  severity: 'error',
  paths: ['offline', 'online', 'files'],
  source: { probe: ({ source }) => activeJobs(source) },
  assess: ({ source }, pair) =>
    source.map(({ scheduler, count }) => ({
      object: `scheduler ${scheduler}`,
      message: `${counted(count, 'active job')} of it ${count === 1 ? 'comes' : 'come'} along and would run on both servers: on the target before it is in use, and on the source after that.`,
      fix: pause(scheduler, pair),
    })),
})

/** pg_cron has a switch for all jobs (cron.launch_active_jobs, of 1.5), so that none has to be changed. */
function pause(scheduler: Scheduler, pair: Pair): Fix {
  if (scheduler === 'pg_cron') {
    return setParameter(pair, 'target', { name: 'cron.launch_active_jobs', value: 'off', needs: 'reload' })
  }
  const text = `Start no ${scheduler} for the target before applications use it, and stop the one of the source then.`
  return { kind: 'advice', text }
}

const JOBS = loadSql(import.meta.url, 'jobs.sql')

async function activeJobs(source: Session): Promise<Jobs[]> {
  const found: Jobs[] = []
  for (const { scheduler, jobs: sql } of await source.query<{ scheduler: Scheduler; jobs: string }>(JOBS)) {
    const [row] = await source.query<{ count: number }>(sql)
    if (row !== undefined && row.count > 0) found.push({ scheduler, count: row.count })
  }
  return found
}
