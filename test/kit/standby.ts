import { execFile } from 'node:child_process'
import { appendFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { queryOnce } from './client.ts'
import { type OwnServer, type Server, startServer } from './server.ts'

const run = promisify(execFile)
const CATCH_UP_LIMIT_MS = 30_000

/**
 * A hot standby that streams from `primary`, which is restarted for it: what it begins with is a copy of the folder of a
 * server that was stopped. Dispose it before the primary.
 */
export async function startStandby(
  primary: OwnServer,
  settings: Readonly<Record<string, string>> = {},
): Promise<OwnServer> {
  const standby = await startServer({ major: primary.major })
  try {
    await Promise.all([standby.stop(), primary.stop()])
    await run('find', [standby.dataDir, '-mindepth', '1', '-delete'])
    await run('cp', ['-a', `${primary.dataDir}/.`, standby.dataDir])
    await primary.start()
    const all = { primary_conninfo: `host=${primary.host} port=${String(primary.port)} user=postgres`, ...settings }
    const lines = Object.entries(all).map(([name, value]) => `${name} = '${value}'\n`)
    await appendFile(join(standby.dataDir, 'postgresql.conf'), lines.join(''))
    await writeFile(join(standby.dataDir, 'standby.signal'), '')
    await standby.start()
    return standby
  } catch (error) {
    await standby[Symbol.asyncDispose]()
    throw error
  }
}

/** Waits until the standby shows all that the primary has written by now. */
export async function caughtUp(standby: Server, primary: Server): Promise<void> {
  const [now] = await queryOnce<{ lsn: string }>(primary.url(), 'select pg_current_wal_insert_lsn()::text as lsn')
  for (const deadline = Date.now() + CATCH_UP_LIMIT_MS; ;) {
    const [row] = await queryOnce<{ reached: boolean }>(
      standby.url(),
      'select pg_last_wal_replay_lsn() >= $1::pg_lsn as reached',
      [now?.lsn],
    )
    if (row?.reached === true) return
    if (Date.now() > deadline) throw new Error(`The standby does not follow its primary:\n${standby.log()}`)
    await sleep(20)
  }
}
