import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, chownSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { serverAccount } from '../../kit/account.ts'
import { freePort } from '../../kit/index.ts'

export interface Bouncer extends AsyncDisposable {
  /** Its configuration file. */
  readonly file: string
  /** The connection string of the application, of database `app`. */
  readonly url: string
  /** That of an administrator of the console. */
  readonly console: string
  config(): string
}

/** A PgBouncer whose database `app` leads to a database of a server on this machine. */
export async function bouncer(
  program: string,
  to: { port: number; database: string },
  settings: Readonly<Record<string, string>> = {},
): Promise<Bouncer> {
  const port = await freePort()
  const folder = mkdtempSync(join(tmpdir(), 'pgleap-bouncer-'))
  chmodSync(folder, 0o755)
  const file = join(folder, 'pgbouncer.ini')
  const lines = Object.entries({
    listen_addr: '127.0.0.1',
    listen_port: String(port),
    unix_socket_dir: '',
    auth_type: 'trust',
    auth_file: join(folder, 'users'),
    admin_users: 'postgres',
    pool_mode: 'transaction',
    ...settings,
  }).map(([name, value]) => `${name} = ${value}`)
  writeFileSync(
    file,
    `; whom we serve\n[databases]\n# the shop\napp = host=127.0.0.1 port=${String(to.port)} dbname=${to.database} user=postgres\n\n[pgbouncer]\n${lines.join('\n')}\n`,
  )
  writeFileSync(join(folder, 'users'), '"postgres" ""\n"somebody" ""\n')
  const account = process.env['PEER_USER'] === undefined ? serverAccount() : undefined
  if (account !== undefined) chownSync(file, account.uid, account.gid)
  const child: ChildProcess = spawn(program, [file], { stdio: ['ignore', 'ignore', 'pipe'], ...account })
  let log = ''
  child.stderr?.setEncoding('utf8').on('data', (text: string) => (log += text))
  while (!log.includes('process up')) {
    if (child.exitCode !== null) throw new Error(`PgBouncer did not start: ${log}`)
    await sleep(10)
  }
  return {
    file,
    url: `postgres://postgres@127.0.0.1:${String(port)}/app`,
    console: `postgres://postgres@127.0.0.1:${String(port)}/app`,
    config: () => readFileSync(file, 'utf8'),
    async [Symbol.asyncDispose]() {
      const gone = once(child, 'exit')
      child.kill('SIGKILL')
      await gone
      rmSync(folder, { recursive: true })
    },
  }
}
