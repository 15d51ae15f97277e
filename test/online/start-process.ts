import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import type { Event } from '../../src/report/index.ts'
import { bundled } from '../kit/index.ts'

/** How a process that ran `start` ended: killed at the wanted event, or by itself. */
export interface Ended {
  killed: boolean
  events: Event[]
  stderr: string
}

/**
 * Runs `online.start` in a process of its own, and kills that with SIGKILL as soon as it reports an event for which `when` is
 * true.
 */
export async function startAndKill(
  options: { source: string; target: string; jobs?: number },
  when: (event: Event) => boolean,
): Promise<Ended> {
  const child = spawn(
    process.execPath,
    [await bundled(join(import.meta.dirname, 'start-child.ts')), JSON.stringify(options)],
    { stdio: ['ignore', 'pipe', 'pipe'] },
  )
  const ended = once(child, 'exit')
  const events: Event[] = []
  let killed = false
  let stderr = ''
  child.stderr.on('data', (text: Buffer) => (stderr += text.toString()))
  let rest = ''
  child.stdout.on('data', (text: Buffer) => {
    const lines = (rest + text.toString()).split('\n')
    rest = lines.pop() ?? ''
    for (const line of lines) {
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the child prints events and nothing else
      const event = JSON.parse(line) as Event
      events.push(event)
      if (!killed && when(event)) {
        killed = true
        child.kill('SIGKILL')
      }
    }
  })
  await ended
  return { killed, events, stderr }
}
