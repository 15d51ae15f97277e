import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, readdirSync } from 'node:fs'
import { chown } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { serverAccount } from './account.ts'
import { type DataFolderOptions, makeDataFolder, serverEnvironment } from './data-folder.ts'
import { type Guard, guard } from './guard.ts'
import { type Major, programs } from './programs.ts'
import { makeTemporary } from './run-directory.ts'

/** A running server, as plain data and the functions that need no more than that. */
export interface Server {
  readonly major: Major
  /** 127.0.0.1 */
  readonly host: string
  readonly port: number
  /** Where its Unix socket lies. */
  readonly socketDir: string
  readonly dataDir: string
  /** A connection string; superuser `postgres` and database `postgres` unless told otherwise. */
  url(database?: string, user?: string, password?: string): string
  /** All that the server has logged so far. */
  log(): string
}

export type StopMode = 'smart' | 'fast' | 'immediate'

/** A server that belongs to one test, which may do to it what it likes. Disposing stops it and removes its folder. */
export interface OwnServer extends Server, AsyncDisposable {
  /** As `pg_ctl stop -m`; the default is fast. Settles when the server has ended. */
  stop(mode?: StopMode): Promise<void>
  /** Starts it again after `stop` or `kill`, at the same port. */
  start(): Promise<void>
  restart(mode?: StopMode): Promise<void>
  /** SIGKILL for the postmaster and all its processes, as a crash of the machine would end them. */
  kill(): Promise<void>
}

const SIGNALS = { smart: 'SIGTERM', fast: 'SIGINT', immediate: 'SIGQUIT' } as const satisfies Record<StopMode, string>
const START_LIMIT_MS = 60_000

/** Starts a server of its own for the caller, in about a third of a second. */
export async function startServer(options: DataFolderOptions): Promise<OwnServer> {
  const directory = makeTemporary(String(options.major), 'memory')
  const watcher = guard(directory)
  try {
    const account = serverAccount()
    if (account !== undefined) await chown(directory, account.uid, account.gid)
    await makeDataFolder(directory, options)
    mkdirSync(join(directory, 's'), { mode: 0o777 })
    if (account !== undefined) await chown(join(directory, 's'), account.uid, account.gid)
    const executable = join(await programs(options.major), 'bin', 'postgres')
    for (let attempt = 1; ; attempt++) {
      const port = await freePort()
      const server = new RunningServer(options, directory, port, executable, watcher)
      try {
        await server.start()
        return server
      } catch (error) {
        // Somebody else may take the port between our look and the server's; nothing else is worth another try.
        if (attempt === 5 || !server.log().includes('Address already in use')) throw error
      }
    }
  } catch (error) {
    await watcher.end()
    throw error
  }
}

class RunningServer implements OwnServer {
  readonly major: Major
  readonly host = '127.0.0.1'
  readonly port: number
  readonly socketDir: string
  readonly dataDir: string
  readonly #password: string | undefined
  readonly #logFile: string
  readonly #executable: string
  readonly #guard: Guard
  #process: ChildProcess | undefined

  constructor(options: DataFolderOptions, directory: string, port: number, executable: string, watcher: Guard) {
    this.major = options.major
    this.port = port
    this.socketDir = join(directory, 's')
    this.dataDir = join(directory, 'data')
    this.#password = options.password
    this.#logFile = join(directory, 'log')
    this.#executable = executable
    this.#guard = watcher
  }

  url(database?: string, user?: string, password: string | undefined = this.#password): string {
    return serverUrl(this, database, user, password)
  }

  log(): string {
    return readLog(this)
  }

  async start(): Promise<void> {
    if (this.#process !== undefined) throw new Error('The server is running already')
    const log = openSync(this.#logFile, 'a')
    const child = spawn(
      this.#executable,
      ['-D', this.dataDir, '-p', String(this.port), '-h', this.host, '-k', this.socketDir],
      { cwd: this.dataDir, env: serverEnvironment(), detached: true, stdio: ['ignore', log, log], ...serverAccount() },
    )
    closeSync(log)
    this.#guard.watch(child.pid ?? 0)
    this.#process = child
    child.unref()
    child.once('exit', () => {
      this.#process = undefined
      this.#guard.watch(0)
    })
    await once(child, 'spawn')

    // The postmaster keeps its state in the last line of its lock file; pg_ctl waits the same way.
    const deadline = Date.now() + START_LIMIT_MS
    while (!this.#isReady(child)) {
      if (this.#process === undefined) throw new Error(`PostgreSQL ${this.major} did not start:\n${this.log()}`)
      if (Date.now() > deadline) throw new Error(`PostgreSQL ${this.major} is not ready yet:\n${this.log()}`)
      await sleep(10)
    }
  }

  #isReady(child: ChildProcess): boolean {
    const lockFile = join(this.dataDir, 'postmaster.pid')
    if (!existsSync(lockFile)) return false
    const lines = readFileSync(lockFile, 'utf8').split('\n')
    return lines[0] === String(child.pid) && (lines[7] ?? '').startsWith('ready')
  }

  async stop(mode: StopMode = 'fast'): Promise<void> {
    const child = this.#process
    if (child === undefined) return
    const ended = once(child, 'exit')
    child.ref()
    child.kill(SIGNALS[mode])
    await ended
  }

  async restart(mode: StopMode = 'fast'): Promise<void> {
    await this.stop(mode)
    await this.start()
  }

  async kill(): Promise<void> {
    const child = this.#process
    if (child?.pid === undefined) return
    const ended = once(child, 'exit')
    child.ref()
    const backends = childrenOf(child.pid)
    child.kill('SIGKILL')
    for (const pid of backends) killQuietly(pid)
    await ended
    // The next start refuses while one of the old processes is still attached to the shared memory.
    while (backends.some((pid) => isRunning(pid))) await sleep(10)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop('immediate')
    await this.#guard.end()
  }
}

export function serverUrl(
  server: Pick<Server, 'host' | 'port'>,
  database = 'postgres',
  user = 'postgres',
  password?: string,
): string {
  const login = encodeURIComponent(user) + (password === undefined ? '' : `:${encodeURIComponent(password)}`)
  return `postgres://${login}@${server.host}:${server.port}/${encodeURIComponent(database)}`
}

export function readLog(server: Pick<Server, 'dataDir'>): string {
  const file = join(server.dataDir, '..', 'log')
  return existsSync(file) ? readFileSync(file, 'utf8') : ''
}

/** A port of 127.0.0.1 that nobody listens on, below the range that the kernel gives to outgoing connections. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = 15_000 + Math.floor(Math.random() * 17_000)
    const probe = createServer()
    const free = await new Promise<boolean>((resolve) => {
      probe.once('error', () => resolve(false))
      probe.listen(port, '127.0.0.1', () => probe.close(() => resolve(true)))
    })
    if (free) return port
  }
}

/** Direct children by /proc; elsewhere none, and the backends end by themselves once they notice. */
function childrenOf(parent: number): number[] {
  if (!existsSync('/proc/self/stat')) return []
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && statusOf(Number(name))?.parent === parent)
    .map(Number)
}

/** A zombie does not run: where nobody reaps, as in some containers, it may stay for ever. */
export function isRunning(pid: number): boolean {
  const status = statusOf(pid)
  return status !== undefined && status.state !== 'Z'
}

function statusOf(pid: number): { state: string; parent: number } | undefined {
  try {
    // "pid (name) state ppid ...", where the name may hold blanks and parentheses.
    const [state = '', parent] = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.split(' ') ?? []
    return { state, parent: Number(parent) }
  } catch {
    return undefined
  }
}

function killQuietly(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    // it ended before us
  }
}
