import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

/** Removes a folder, and stops the server in it, when asked to or when this process ends in whatever way. */
export interface Guard {
  /** Names the process to stop at the end; 0 for none. Call it in the same tick in which the process was spawned. */
  watch(pid: number): void
  /** Stops and removes now; settles when both are done. */
  end(): Promise<void>
}

export function guard(directory: string): Guard {
  const child = spawn('/bin/sh', [fileURLToPath(new URL('guard.sh', import.meta.url)), directory], {
    cwd: '/',
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  })
  const ended = once(child, 'exit')
  child.stdin.on('error', () => {}) // the guard was killed by hand: nothing is left to tell it
  child.unref()
  if ('unref' in child.stdin && typeof child.stdin.unref === 'function') child.stdin.unref()
  return {
    watch(pid) {
      child.stdin.write(`${pid}\n`)
    },
    async end() {
      child.ref()
      child.stdin.end()
      await ended
    },
  }
}
