import { isReserved } from '../../provider/index.ts'
import { loadSql } from '../../sql.ts'
import { formatBytes } from '../../units.ts'
import type { NewFinding } from '../check.ts'
import { check } from '../check.ts'
import { counted, listed, statements } from '../names.ts'
import { describeObjects, USER_OBJECTS, type UserObjects } from './user-objects.ts'

/** The schema of the ledger (engine/ledger.sql). */
const LEDGER = 'pgleap'

export const t04 = check<never, UserObjects>({
  id: 'T04',
  title: 'The target database is empty',
  severity: 'error',
  paths: ['offline', 'online', 'files'],
  target: USER_OBJECTS,
  assess: ({ target = [] }, pair) => {
    const theirs = target.filter(
      ({ schema }) => schema !== LEDGER && (schema === null || !isReserved(pair.target.provider, 'schema', schema)),
    )
    return [...unfinishedRun(target), ...notEmpty(theirs)]
  },
})

function unfinishedRun(rows: readonly UserObjects[]): NewFinding[] {
  if (!rows.some(({ schema, kind }) => schema === LEDGER && kind === 'table')) return []
  return [
    {
      object: `schema ${LEDGER}`,
      message: 'The target database holds the ledger of a run that is not finished.',
      fix: { kind: 'advice', text: 'Look at it with pgleap status, and go on with pgleap resume.' },
    },
  ]
}

function notEmpty(rows: readonly UserObjects[]): NewFinding[] {
  if (rows.length === 0) return []
  return [
    {
      object: 'target database',
      message: `It holds ${listed(rows.map(describeObjects))} already. A run never overwrites what is there, so it stops before it begins.`,
      fix: {
        kind: 'advice',
        text: 'Name an empty database or let pgleap make one (--create), or add to what is there with --into-non-empty.',
      },
    },
  ]
}

export interface SizeRow {
  database: number
  largest: string | null
  largest_bytes: number | null
}

const GB = 1024 ** 3

export const SIZE = loadSql(import.meta.url, 'size.sql')

export const t08 = check<SizeRow>({
  id: 'T08',
  title: 'The target has room for the data',
  severity: 'info',
  paths: ['offline', 'online', 'files'],
  source: SIZE,
  assess: ({ source }) => source.flatMap(storage),
})

/** What SQL does not say is how much is free there. */
export function storage({ database, largest, largest_bytes: largestBytes }: SizeRow): NewFinding[] {
  if (database < GB) return []
  const most = largest === null ? '' : `, ${formatBytes(largestBytes ?? 0)} of it table ${largest} with its indexes`
  return [
    {
      object: 'storage',
      message: `The source database takes ${formatBytes(database)}${most}. The target should have ${formatBytes(database * 1.25)} free for it, with the WAL of the load; SQL does not tell how much is free.`,
      fix: {
        kind: 'advice',
        text: 'Look at the free space of the target; pgleap rehearse estimates the need more exactly.',
      },
    },
  ]
}

interface ConnectionsRow {
  role: string
  application: string
  address: string | null
  pids: number[]
}

export const t14 = check<never, ConnectionsRow>({
  id: 'T14',
  title: 'Nobody else is connected to the target database',
  severity: 'warning',
  paths: ['offline', 'online', 'files'],
  target: loadSql(import.meta.url, 'connections.sql'),
  assess: ({ target = [] }, pair) =>
    target
      .filter(({ role }) => !isReserved(pair.target.provider, 'role', role))
      .map(({ role, application, address, pids }) => ({
        object: `role ${role}`,
        message: `${counted(pids.length, 'session')} of ${role}${application === '' ? '' : ` (${application})`} from ${address ?? 'this machine'} ${pids.length === 1 ? 'is' : 'are'} connected to the target database (pid ${pids.join(', ')}). Writes there collide with the copy, and locks hold it up.`,
        fix: {
          kind: 'sql' as const,
          side: 'target' as const,
          sql: statements(...pids.map((pid) => `SELECT pg_catalog.pg_terminate_backend(${String(pid)})`)),
        },
      })),
})
