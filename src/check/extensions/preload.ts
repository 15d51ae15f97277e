import { loadSql } from '../../sql.ts'
import { check, type NewFinding, type ProbeEnds } from '../check.ts'
import { setParameter } from '../parameter.ts'
import { extensionObject } from './extension-row.ts'

/**
 * Extensions whose library has to be in shared_preload_libraries, by their own documentation: without it, some cannot be made, the others
 * are made and do nothing or fail when they are called.
 */
const PRELOADED: Readonly<Record<string, { library: string; without: 'not made' | 'no use' }>> = {
  timescaledb: { library: 'timescaledb', without: 'not made' },
  citus: { library: 'citus', without: 'not made' },
  citus_columnar: { library: 'citus', without: 'not made' },
  pg_cron: { library: 'pg_cron', without: 'not made' },
  pgaudit: { library: 'pgaudit', without: 'not made' },
  pglogical: { library: 'pglogical', without: 'not made' },
  pg_squeeze: { library: 'pg_squeeze', without: 'not made' },
  pg_stat_statements: { library: 'pg_stat_statements', without: 'no use' },
  pg_stat_kcache: { library: 'pg_stat_kcache', without: 'no use' },
  pg_qualstats: { library: 'pg_qualstats', without: 'no use' },
  pg_wait_sampling: { library: 'pg_wait_sampling', without: 'no use' },
  pg_stat_monitor: { library: 'pg_stat_monitor', without: 'no use' },
}

interface Preloaded {
  name: string
  /** The source's shared_preload_libraries; null where our login may not see them. */
  libraries: string | null
}

interface Libraries {
  libraries: string
}

const SOURCE = loadSql(import.meta.url, 'preload-source.sql')

export const preload = check<Preloaded, Libraries>({
  id: 'X04',
  title: 'The target loads the libraries that extensions of the source need at its start',
  severity: 'error',
  paths: ['offline', 'online', 'files'],
  needs: 'target',
  source: SOURCE,
  target: { probe: librariesIfNeeded },
  assess: ({ source, target }, pair) => {
    const there = target?.[0]?.libraries
    if (there === undefined) return []
    const loaded = listOf(there)
    const missing = source
      .filter(isUsed)
      .flatMap(({ name }) => PRELOADED[name]?.library ?? [])
      .filter((library) => !loaded.includes(library))
    const value = [...new Set([...loaded, ...missing])].join(',')
    return source.filter(isUsed).flatMap(({ name }): NewFinding[] => {
      const needed = PRELOADED[name]
      if (needed === undefined || loaded.includes(needed.library)) return []
      const notMade = needed.without === 'not made'
      return [
        {
          severity: notMade ? 'block' : 'error',
          object: extensionObject(name),
          message: `It needs ${needed.library} in shared_preload_libraries, which is not there on the target: ${notMade ? 'it cannot be made' : 'it is made, and fails whenever it is used'}. It takes a restart, so do it before the migration.`,
          fix: setParameter(pair, 'target', { name: 'shared_preload_libraries', value, needs: 'restart' }),
        },
      ]
    })
  },
})

/** The setting is for superusers and pg_read_all_settings: who may not see it is only troubled where the answer matters. */
async function librariesIfNeeded({ source, target }: ProbeEnds): Promise<Libraries[]> {
  if (target === undefined || !(await source.query<Preloaded>(SOURCE)).some(isUsed)) return []
  return target.query<Libraries>("select pg_catalog.current_setting('shared_preload_libraries') as libraries")
}

/** An extension that the source does not preload either is of no use there, and nobody misses it. */
function isUsed({ name, libraries }: Preloaded): boolean {
  const needed = PRELOADED[name]
  return needed !== undefined && (libraries === null || listOf(libraries).includes(needed.library))
}

function listOf(libraries: string): string[] {
  return libraries
    .split(',')
    .map((library) =>
      library
        .trim()
        .replace(/^"(.*)"$/, '$1')
        .replace(/^.*\//, ''),
    )
    .filter((library) => library !== '')
}
