import { spawn } from 'node:child_process'
import { redact, type ConnectionInfo } from '../connection/index.ts'
import { PgleapError } from '../errors.ts'
import { libpqEnvironment } from './environment.ts'
import { failed, interrupted, type Dump } from './result.ts'

/** pg_dump cancels its query when it is told to end; one that does not end by then is killed. */
const GRACE_MS = 5000

/** Version of a native pg_dump, by its own word. Throws `pgdump.not-found` where the path leads to none. */
export async function nativeVersion(path: string, signal: AbortSignal): Promise<{ major: number; version: string }> {
  const { stdout } = await run(path, ['--version'], process.env, signal)
  const version = /^pg_dump \(PostgreSQL\) (?<version>(?<major>\d+)[^\s]*)/.exec(stdout.toString('utf8'))?.groups
  if (version?.['major'] === undefined || version['version'] === undefined) throw notFound(path, 'it is no pg_dump')
  return { major: Number(version['major']), version: version['version'] }
}

/** Runs a native pg_dump, which connects by itself; all that it needs to know is in its environment, never in its arguments. */
export async function runNative(
  path: string,
  source: ConnectionInfo,
  args: readonly string[],
  signal: AbortSignal,
): Promise<Dump> {
  const result = await run(path, args, libpqEnvironment(source, process.env), signal)
  const stderr = redact(result.stderr, source)
  if (result.code !== 0) throw failed(`it ended with code ${String(result.code)}`, stderr)
  return { archive: result.stdout, stderr }
}

interface Ended {
  code: number | null
  stdout: Buffer
  stderr: string
}

function run(path: string, args: readonly string[], env: NodeJS.ProcessEnv, signal: AbortSignal): Promise<Ended> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) {
      reject(interrupted(signal))
      return
    }
    const child = spawn(path, args, { env, stdio: ['ignore', 'pipe', 'pipe'] })
    const stdout: Buffer[] = []
    const stderr: Buffer[] = []
    let kill: NodeJS.Timeout | undefined
    const onAbort = () => {
      child.kill('SIGTERM')
      kill = setTimeout(() => child.kill('SIGKILL'), GRACE_MS)
    }
    signal.addEventListener('abort', onAbort, { once: true })
    child.stdout.on('data', (chunk: Buffer) => stdout.push(chunk))
    child.stderr.on('data', (chunk: Buffer) => stderr.push(chunk))
    const settle = (finish: () => void) => {
      clearTimeout(kill)
      signal.removeEventListener('abort', onAbort)
      finish()
    }
    child.on('error', (error) => settle(() => reject(notFound(path, error.message, error))))
    child.on('close', (code) =>
      settle(() => {
        if (signal.aborted) reject(interrupted(signal))
        else resolve({ code, stdout: Buffer.concat(stdout), stderr: Buffer.concat(stderr).toString('utf8') })
      }),
    )
  })
}

function notFound(path: string, why: string, cause?: unknown): PgleapError {
  return new PgleapError({
    code: 'pgdump.not-found',
    message: `${path} cannot be used as pg_dump: ${why}.`,
    hint: 'Give --pg-dump the path of a pg_dump program, or leave it out to use the bundled one.',
    party: 'usage',
    cause,
  })
}
