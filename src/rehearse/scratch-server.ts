import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { closeSync, existsSync, mkdtempSync, openSync, readFileSync } from 'node:fs'
import { appendFile, chmod, chown, mkdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { parseConnection, type ConnectionInfo } from '../connection/index.ts'
import { PgleapError } from '../errors.ts'
import { fitPrograms, installedPrograms, serverAccount, type Account } from './embedded.ts'

const run = promisify(execFile)

const START_LIMIT_MS = 60_000
/** A socket's path may have 107 bytes, and our own part of it takes some forty. */
const LONGEST_BASE = 60

/**
 * Nothing here has to outlive the machine's next crash, and wal_level is the default, so that the WAL that is counted is
 * what a server of one's own would write. No TCP: nobody but who may enter the folder reaches the server.
 */
const SETTINGS = `
listen_addresses = ''
fsync = off
full_page_writes = off
wal_level = replica
max_wal_size = 1GB
shared_buffers = 256MB
dynamic_shared_memory_type = mmap
max_connections = 100
timezone = UTC
log_timezone = UTC
`

/** A server that lives as long as a rehearsal. Disposing stops it and removes its folder; so does our end, however it comes. */
export interface ScratchServer extends AsyncDisposable {
  readonly connection: ConnectionInfo
  readonly folder: string
}

/**
 * Starts an embedded server of a major in a temporary folder, with a password of its own.
 *
 * @throws PgleapError `rehearse.no-server`, `rehearse.start`
 */
export async function startScratchServer(major: number, signal?: AbortSignal): Promise<ScratchServer> {
  const tree = installedPrograms(major)
  const account = serverAccount()
  const base = tmpdir().length <= LONGEST_BASE ? tmpdir() : '/tmp'
  const folder = mkdtempSync(join(base, 'pgleap-rehearsal-'))
  const guard = startGuard(folder)
  try {
    await chmod(folder, 0o711)
    const own = async (path: string): Promise<string> => {
      await mkdir(path, { mode: 0o700 })
      await give(path, account)
      return path
    }
    const [data, sockets] = [await own(join(folder, 'data')), await own(join(folder, 's'))]
    const programs = await fitPrograms(tree, join(folder, 'programs'), account)
    const password = randomBytes(18).toString('hex')
    await initialise({ programs, data, folder, password, account, signal })
    const child = await start({ programs, data, sockets, folder, account, guard, signal })
    const words = { host: sockets, port: '5432', user: 'postgres', dbname: 'postgres', password, sslmode: 'disable' }
    const connection = parseConnection(
      Object.entries(words)
        .map(([key, value]) => `${key}='${value.replace(/[\\']/g, '\\$&')}'`)
        .join(' '),
    )
    return {
      connection,
      folder,
      [Symbol.asyncDispose]: async () => {
        await stop(child)
        await guard.end()
        await rm(folder, { recursive: true, force: true })
      },
    }
  } catch (error) {
    await guard.end()
    await rm(folder, { recursive: true, force: true })
    throw error instanceof PgleapError || signal?.aborted === true ? error : cannotStart(major, error)
  }
}

interface Place {
  programs: string
  data: string
  folder: string
  account: Account | undefined
  signal: AbortSignal | undefined
}

/** None of the caller's PG* variables may reach the server's programs. */
function environment(): NodeJS.ProcessEnv {
  return { PATH: process.env['PATH'], LC_ALL: 'C', TZ: 'UTC' }
}

async function initialise({ programs, data, folder, password, account, signal }: Place & { password: string }) {
  const file = join(folder, 'password')
  await writeFile(file, password, { mode: 0o600 })
  await give(file, account)
  await run(
    join(programs, 'bin', 'initdb'),
    [
      '-D',
      data,
      '-U',
      'postgres',
      '--encoding=UTF8',
      '--locale=C',
      '--no-sync',
      '-A',
      'scram-sha-256',
      `--pwfile=${file}`,
    ],
    { cwd: '/', env: environment(), ...account, signal },
  )
  await rm(file)
  await appendFile(join(data, 'postgresql.conf'), SETTINGS)
}

async function start(place: Place & { sockets: string; guard: Guard }): Promise<ChildProcess> {
  const { programs, data, sockets, folder, account, guard, signal } = place
  const logFile = join(folder, 'log')
  const log = openSync(logFile, 'a', 0o600)
  // A process group of its own: Ctrl-C is ours to answer, after which the server is stopped.
  const child = spawn(join(programs, 'bin', 'postgres'), ['-D', data, '-k', sockets, '-p', '5432'], {
    cwd: data,
    env: environment(),
    detached: true,
    stdio: ['ignore', log, log],
    ...account,
  })
  closeSync(log)
  guard.watch(child.pid ?? 0)
  child.once('exit', () => {
    guard.watch(0)
  })
  child.unref()
  await once(child, 'spawn')
  const deadline = Date.now() + START_LIMIT_MS
  while (!isReady(data, child)) {
    signal?.throwIfAborted()
    if (child.exitCode !== null || child.signalCode !== null || Date.now() > deadline) {
      throw new Error(readFileSync(logFile, 'utf8').trim().split('\n').at(-1))
    }
    await sleep(10)
  }
  return child
}

/** The postmaster keeps its state in the last line of its lock file (pidfile.h); pg_ctl waits the same way. */
function isReady(data: string, child: ChildProcess): boolean {
  const file = join(data, 'postmaster.pid')
  if (!existsSync(file)) return false
  const lines = readFileSync(file, 'utf8').split('\n')
  return lines[0] === String(child.pid) && (lines[7] ?? '').startsWith('ready')
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const ended = once(child, 'exit')
  child.ref()
  child.kill('SIGQUIT')
  await ended
}

async function give(path: string, account: Account | undefined): Promise<void> {
  if (account !== undefined) await chown(path, account.uid, account.gid)
}

interface Guard {
  /** Names the process to end, 0 for none. Call it in the same tick in which that was started. */
  watch(pid: number): void
  end(): Promise<void>
}

/**
 * Ends the server and removes its folder when the pipe on its stdin closes: so also when we are killed. In a session of its
 * own, so that Ctrl-C does not reach it.
 */
const GUARD = `
dir=$1
pid=0
while read -r line; do pid=$line; done
# A zombie counts as ended: in a container nobody may ever reap it.
alive() {
  [ "$pid" -gt 0 ] && kill -0 "$pid" 2>/dev/null || return 1
  [ -r "/proc/$pid/stat" ] || return 0
  read -r _ _ state _ <"/proc/$pid/stat" && [ "$state" != Z ]
}
[ "$pid" -gt 0 ] && kill -QUIT "$pid" 2>/dev/null
tries=0
while alive && [ $tries -lt 140 ]; do
  tries=$((tries + 1))
  [ $tries -eq 100 ] && kill -KILL "$pid"
  sleep 0.05
done
# Its processes may still be writing their last file.
tries=0
until rm -rf "$dir" 2>/dev/null || [ $tries -eq 50 ]; do
  tries=$((tries + 1))
  sleep 0.1
done
`

function startGuard(folder: string): Guard {
  const child = spawn('/bin/sh', ['-c', GUARD, 'pgleap-guard', folder], {
    cwd: '/',
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  })
  const ended = once(child, 'exit')
  child.stdin.on('error', () => {}) // it was killed by hand: nothing is left to tell it
  child.unref()
  if ('unref' in child.stdin && typeof child.stdin.unref === 'function') child.stdin.unref()
  return {
    watch: (pid) => {
      child.stdin.write(`${String(pid)}\n`)
    },
    end: async () => {
      child.ref()
      child.stdin.end()
      await ended
    },
  }
}

function cannotStart(major: number, cause: unknown): PgleapError {
  return new PgleapError({
    code: 'rehearse.start',
    message: `The embedded PostgreSQL ${String(major)} does not start: ${cause instanceof Error ? cause.message : String(cause)}`,
    hint: 'See whether the temporary folder has room and lets programs run there (TMPDIR names another), or name a target server.',
    party: 'internal',
    cause,
  })
}
