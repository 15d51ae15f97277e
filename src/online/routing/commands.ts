import { spawn } from 'node:child_process'
import type { Side } from '../../connection/index.ts'
import { PgleapError } from '../../errors.ts'
import type { Router } from '../router.ts'
import type { Places } from './place.ts'

export interface CommandsOptions {
  /** The side that is written to when the switch begins. */
  from: Side
  places: Places
  onFreeze?: string | undefined
  onSwitch?: string | undefined
  onThaw?: string | undefined
  /** After which a command is ended, in milliseconds. */
  timeoutMs: number
  /** Called with each line that a command prints. */
  onLine: (line: string) => void
}

/** Lets commands of the user's hold the application back and lead it: for all that has no router of its own here. */
export function commandsRouter(options: CommandsOptions): Router {
  const { from, onFreeze, onSwitch, onThaw } = options
  const all = { '--on-freeze': onFreeze, '--on-switch': onSwitch, '--on-thaw': onThaw }
  const named = Object.entries(all).flatMap(([option, command]) => (command === undefined ? [] : [option]))
  return {
    name: `the commands of ${named.join(', ')}`,
    hold: (signal) => run('--on-freeze', onFreeze, from, options, signal),
    lead: (to) => run('--on-switch', onSwitch, to, options),
    release: () => run('--on-thaw', onThaw, from, options),
    [Symbol.asyncDispose]: async () => {},
  }
}

/** Runs a command in a shell, with the place of the side that the application is to write to. */
async function run(
  option: string,
  command: string | undefined,
  side: Side,
  { places, timeoutMs, onLine }: CommandsOptions,
  signal?: AbortSignal,
): Promise<void> {
  if (command === undefined) return
  signal?.throwIfAborted()
  const { host, port, database } = places[side]
  // No secret of ours goes to somebody else's program (invariant 4).
  const { PGPASSWORD: _, ...environment } = process.env
  const child = spawn('/bin/sh', ['-c', command], {
    env: {
      ...environment,
      PGLEAP_HOOK: option.slice('--on-'.length),
      PGLEAP_SIDE: side,
      PGLEAP_HOST: host,
      PGLEAP_PORT: String(port),
      PGLEAP_DBNAME: database,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
    // A process group of its own, so that what the shell has started ends with it.
    detached: true,
  })
  const end = () => {
    try {
      if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL')
    } catch {
      // It has just ended by itself.
    }
  }
  const deadline = AbortSignal.any([AbortSignal.timeout(timeoutMs), ...(signal === undefined ? [] : [signal])])
  deadline.addEventListener('abort', end, { once: true })
  const rests = [child.stdout, child.stderr].map(async (stream) => {
    let rest = ''
    for await (const text of stream.setEncoding('utf8')) {
      const lines = (rest + String(text)).split('\n')
      rest = lines.pop() ?? ''
      for (const line of lines) onLine(line)
    }
    if (rest !== '') onLine(rest)
  })
  try {
    const outcome = await new Promise<number | string>((resolve) => {
      child.once('error', ({ message }) => resolve(message))
      // Not `close`: what it leaves running in the background may keep its output open.
      child.once('exit', (code, killedBy) => resolve(code ?? killedBy ?? 'nobody knows'))
    })
    if (outcome === 0) return
    signal?.throwIfAborted()
    throw failed(
      option,
      deadline.aborted ? `did not end within ${String(timeoutMs)} ms` : `ended with ${String(outcome)}`,
    )
  } finally {
    deadline.removeEventListener('abort', end)
    await Promise.race([Promise.allSettled(rests), new Promise((resolve) => setTimeout(resolve, 200).unref())])
  }
}

function failed(option: string, how: string): PgleapError {
  return new PgleapError({
    code: 'online.hook',
    message: `The command of ${option} ${how}.`,
    hint: 'What it printed is above. Mend it and try again; the same command line can be run by hand, with PGLEAP_SIDE, PGLEAP_HOST, PGLEAP_PORT and PGLEAP_DBNAME set.',
    party: 'usage',
  })
}
