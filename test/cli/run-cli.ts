import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'

const BIN = join(import.meta.dirname, '../../bin/pgleap')

export interface CliRun {
  code: number | null
  stdout: string
  stderr: string
  /** stdout as JSON, one value a line. */
  lines: () => Record<string, unknown>[]
}

export interface StartedCli {
  done: Promise<CliRun>
  /** Settles once stderr holds this text. */
  says: (text: string) => Promise<void>
  interrupt: () => void
  /** Closes our end of its stdout, as `| head` does once it has seen enough. */
  closeStdout: () => void
}

/** Starts the built command line as a process of its own, with none of the caller's PG* variables. */
export function startCli(args: readonly string[], env: Record<string, string> = {}): StartedCli {
  const { PATH = '' } = process.env
  const child = spawn(process.execPath, [BIN, ...args], {
    env: { PATH, HOME: '/nonexistent', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  // A run that hangs must not outlive its test.
  onTestFinished(() => {
    child.kill('SIGKILL')
  })
  const said = { stdout: '', stderr: '' }
  child.stdout.setEncoding('utf8').on('data', (text: string) => (said.stdout += text))
  child.stderr.setEncoding('utf8').on('data', (text: string) => (said.stderr += text))
  const done = once(child, 'close').then((): CliRun => ({
    ...said,
    code: child.exitCode,
    lines: () => parseLines(said.stdout),
  }))
  return {
    done,
    says: async (text) => {
      while (!said.stderr.includes(text)) {
        if (child.exitCode !== null) throw new Error(`It ended without saying "${text}": ${said.stderr}`)
        await once(child.stderr, 'data')
      }
    },
    interrupt: () => child.kill('SIGINT'),
    closeStdout: () => child.stdout.destroy(),
  }
}

export function runCli(args: readonly string[], env?: Record<string, string>): Promise<CliRun> {
  return startCli(args, env).done
}

function parseLines(stdout: string): Record<string, unknown>[] {
  return stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line): Record<string, unknown> => JSON.parse(line))
}
