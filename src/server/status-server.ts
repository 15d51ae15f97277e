import { parseConnection, type ConnectionInfo } from '../connection/index.ts'
import { lockHolder } from '../engine/index.ts'
import { PgleapError } from '../errors.ts'
import { holdsScriptRecord } from '../files/index.ts'
import { endpoint, statusAt } from '../migrate/index.ts'
import type { DatabaseStatus, ServerStatusReport, StatusReport } from '../report/index.ts'
import type { StatusServerOptions } from './options.ts'
import { openOn } from './ends.ts'
import { openRecord, readRecord, type RecordedDatabase } from './record.ts'

/**
 * Where the run of a whole server stands, whether a process works on it now or not. Changes nothing.
 * @throws PgleapError `status.nothing` where there is no record
 */
export async function statusServer({ target, signal }: StatusServerOptions): Promise<ServerStatusReport> {
  const info = parseConnection(target)
  await using session = await openRecord(info, 'status', signal)
  const recorded = session === undefined ? undefined : await readRecord(session)
  if (session === undefined || recorded === undefined) throw nothing(info)
  const isHeld = (await lockHolder(session)) !== undefined
  const databases: DatabaseStatus[] = []
  for (const database of recorded.databases) databases.push(await statusOf(info, database, signal))
  const left = databases.some(({ state }) => state !== 'done')
  return {
    target: { ...endpoint(info, session), database: info.database },
    source: recorded.source.describe,
    ...('folder' in recorded.source ? { folder: recorded.source.folder } : {}),
    startedAt: recorded.startedAt.toISOString(),
    state: isHeld ? 'running' : left ? 'broken' : 'finished',
    databases,
  }
}

async function statusOf(
  info: ConnectionInfo,
  { name, state, bytes, report, error }: RecordedDatabase,
  signal: AbortSignal | undefined,
): Promise<DatabaseStatus> {
  const run = state === 'started' || state === 'partial' ? await ledgerOf(info.withDatabase(name), signal) : undefined
  return {
    database: name,
    state,
    ...(bytes === null ? {} : { bytes }),
    ...(report === undefined ? {} : { verdict: report.verdict }),
    ...(run === undefined ? {} : { run }),
    ...(error === undefined ? {} : { error }),
  }
}

/**
 * Undefined where there is none: it is not planned yet, or the database not made, or it has just been finished. A script has a
 * record, but no steps.
 */
async function ledgerOf(info: ConnectionInfo, signal: AbortSignal | undefined): Promise<StatusReport | undefined> {
  try {
    if (await isOfScript(info, signal)) return undefined
    return await statusAt(info, signal)
  } catch (error) {
    const isNone = error instanceof PgleapError && ['status.nothing', 'connect.no-database'].includes(error.code)
    if (isNone) return undefined
    throw error
  }
}

async function isOfScript(info: ConnectionInfo, signal: AbortSignal | undefined): Promise<boolean> {
  await using session = await openOn(info, 'target', 'status', signal)
  return await holdsScriptRecord(session)
}

function nothing(info: ConnectionInfo): PgleapError {
  return new PgleapError({
    code: 'status.nothing',
    message: `There is no run of a whole server at ${info.describe()}: none was started, or it is finished and its record dropped.`,
    hint: 'Start one with "pgleap migrate --all-databases SOURCE TARGET".',
    party: 'usage',
  })
}
