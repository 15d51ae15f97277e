import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { appendFile, chown, mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { serverAccount } from './account.ts'
import { type Major, programs } from './programs.ts'
import { onceInRun } from './run-directory.ts'

const run = promisify(execFile)

/** Nothing here outlives a test, so nothing has to survive a crash of the machine; and logical replication may be tried. */
const SETTINGS: Readonly<Record<string, string>> = {
  fsync: 'off',
  full_page_writes: 'off',
  synchronous_commit: 'off',
  shared_buffers: '64MB',
  max_connections: '100',
  wal_level: 'logical',
  max_wal_senders: '10',
  max_replication_slots: '10',
  max_prepared_transactions: '10',
  dynamic_shared_memory_type: 'mmap', // in the data folder: a killed server leaves nothing in /dev/shm
  timezone: 'UTC',
  log_timezone: 'UTC',
}

export interface DataFolderOptions {
  readonly major: Major
  /** postgresql.conf's settings on top of the kit's fast ones. */
  readonly settings?: Readonly<Record<string, string>>
  /** For initdb, for example `['--data-checksums']`. */
  readonly initdbArgs?: readonly string[]
  /** Password of the superuser `postgres`; every connection then needs one (SCRAM). Without it everybody is trusted. */
  readonly password?: string
  /** Lines that replace pg_hba.conf. */
  readonly hba?: readonly string[]
  /** PEM texts: the server accepts TLS with this certificate; `clientCa` is the one that signs client certificates. */
  readonly tls?: { readonly cert: string; readonly key: string; readonly clientCa?: string }
}

/** The environment of the server's programs: none of the caller's PG* variables may reach them. */
export function serverEnvironment(): NodeJS.ProcessEnv {
  return { PATH: process.env['PATH'], LC_ALL: 'C.UTF-8', TZ: 'UTC' }
}

/** Puts an initialised data folder at `parent`/data, owned by the account that runs servers. */
export async function makeDataFolder(parent: string, options: DataFolderOptions): Promise<void> {
  const { major, initdbArgs = [], password, hba, tls } = options
  const data = join(parent, 'data')
  // Everything that initdb is told is in the name; it takes a second, and a copy next to nothing.
  const name = createHash('sha256')
    .update(JSON.stringify([password, initdbArgs]))
    .digest('hex')
    .slice(0, 12)
  const template = await onceInRun(`data-${major}-${name}`, async (directory) => {
    const passwordFile = join(directory, 'password')
    if (password !== undefined) await writeOwned(passwordFile, password)
    const withPassword = password === undefined ? [] : ['--auth=scram-sha-256', `--pwfile=${passwordFile}`]
    await initdb(major, join(directory, 'data'), [...withPassword, ...initdbArgs])
  })
  await run('cp', ['-a', join(template, 'data'), data])

  const settings: Record<string, string> = { ...SETTINGS }
  if (tls !== undefined) {
    await writeOwned(join(data, 'server.crt'), tls.cert)
    await writeOwned(join(data, 'server.key'), tls.key)
    settings['ssl'] = 'on'
    if (tls.clientCa !== undefined) {
      await writeOwned(join(data, 'root.crt'), tls.clientCa)
      settings['ssl_ca_file'] = 'root.crt'
    }
  }
  Object.assign(settings, options.settings)
  const lines = Object.entries(settings).map(([name, value]) => `${name} = '${value.replaceAll("'", "''")}'\n`)
  await appendFile(join(data, 'postgresql.conf'), lines.join(''))
  if (hba !== undefined) await writeOwned(join(data, 'pg_hba.conf'), `${hba.join('\n')}\n`)
}

async function initdb(major: Major, data: string, args: readonly string[]): Promise<void> {
  const account = serverAccount()
  await mkdir(data, { mode: 0o700 })
  if (account !== undefined) await chown(data, account.uid, account.gid)
  const trust = args.some((arg) => arg.startsWith('--auth')) ? [] : ['--auth=trust']
  await run(
    join(await programs(major), 'bin', 'initdb'),
    ['-D', data, '-U', 'postgres', '--encoding=UTF8', '--locale=C.UTF-8', '--no-sync', ...trust, ...args],
    { cwd: '/', env: serverEnvironment(), ...account },
  )
}

async function writeOwned(file: string, text: string): Promise<void> {
  await writeFile(file, text, { mode: 0o600 })
  const account = serverAccount()
  if (account !== undefined) await chown(file, account.uid, account.gid)
}
