import type { Session } from '../connection/index.ts'
import { loadSql } from '../sql.ts'

const CONNECTIONS = loadSql(import.meta.url, 'connections.sql')

/** Sessions on a server that a database's run has beside its jobs, at most: control, lock, progress, snapshot, pg_dump. */
const BESIDE_JOBS = 5
/** Those of the run of the whole server: control, lock, and one that is opened for a moment. */
const OF_SERVER = 3

export interface Budget {
  /** Jobs of all databases together. */
  jobs: number
  databasesAtOnce: number
}

/** How many more sessions the session's user can open on its server. */
export async function freeConnections(session: Session): Promise<number> {
  const [row] = await session.query<{ of_server: number; of_role: number | null }>(CONNECTIONS)
  return Math.min(row?.of_server ?? 0, row?.of_role ?? Infinity)
}

/**
 * What fits into that many connections: fewer databases at once first, then fewer jobs. One job in one database is the
 * least; where not even that fits, connecting will say so. Pure.
 */
export function fitting({ jobs, databasesAtOnce }: Budget, free: number): Budget {
  let atOnce = Math.max(1, Math.min(databasesAtOnce, jobs))
  while (atOnce > 1 && jobs + atOnce * BESIDE_JOBS + OF_SERVER > free) atOnce -= 1
  return { jobs: Math.max(1, Math.min(jobs, free - BESIDE_JOBS - OF_SERVER)), databasesAtOnce: atOnce }
}

/**
 * The jobs of the next database, of those that are free: by its share in the sizes of the databases that can begin
 * now, and one at least for each of the others. Pure.
 */
export function shareOf(free: number, sizes: readonly number[]): number {
  const total = sizes.reduce((sum, size) => sum + Math.max(1, size), 0)
  const wanted = Math.round((free * Math.max(1, sizes[0] ?? 1)) / Math.max(1, total))
  return Math.max(1, Math.min(wanted, free - (sizes.length - 1)))
}

/**
 * Does the work for each item, so many at a time, in their order, and shares the jobs out. Waits for all that has begun;
 * begins nothing more once `signal` is aborted. `work` never rejects.
 */
export async function withinBudget<T>(
  items: readonly T[],
  { jobs, databasesAtOnce }: Budget,
  options: { sizeOf: (item: T) => number; signal: AbortSignal | undefined },
  work: (item: T, jobs: number) => Promise<void>,
): Promise<void> {
  const waiting = [...items]
  const running = new Set<Promise<void>>()
  let free = jobs
  const begin = (item: T, share: number) => {
    free -= share
    const done = work(item, share).finally(() => {
      free += share
      running.delete(done)
    })
    running.add(done)
  }
  for (;;) {
    while (running.size < databasesAtOnce && options.signal?.aborted !== true) {
      const next = waiting.slice(0, databasesAtOnce - running.size)
      const [item] = waiting.splice(0, 1)
      if (item === undefined) break
      begin(item, shareOf(free, next.map(options.sizeOf)))
    }
    if (running.size === 0) return
    await Promise.race(running)
  }
}
