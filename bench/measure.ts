import { spawn } from 'node:child_process'
import { readFileSync, readdirSync } from 'node:fs'

export interface Measured {
  wallSeconds: number
  /** User and system time of the command and all that it started; the servers are not among them. */
  cpuSeconds: number
  /** The most memory that the command's processes held at once. */
  peakBytes: number
  /** Undefined where the command succeeded, else the end of what it said. */
  failure: string | undefined
}

const SAMPLE_MS = 250
const TICKS_PER_SECOND = 100 // USER_HZ, fixed in the kernel's ABI

/** Runs a shell command, pipes included, and ends it when it takes longer than `limitSeconds`. Linux only: reads /proc. */
export async function measure(command: string, env: NodeJS.ProcessEnv, limitSeconds: number): Promise<Measured> {
  const cpuBefore = reapedCpuSeconds()
  const startedAt = performance.now()
  const child = spawn('bash', ['-o', 'pipefail', '-c', command], { env, stdio: ['ignore', 'pipe', 'pipe'] })
  let said = ''
  const listen = (chunk: Buffer) => {
    said = (said + chunk.toString()).slice(-2000)
  }
  child.stdout.on('data', listen)
  child.stderr.on('data', listen)

  let peakBytes = 0
  const sampler = setInterval(() => {
    if (child.pid !== undefined) peakBytes = Math.max(peakBytes, memoryOfTree(child.pid))
  }, SAMPLE_MS)
  let hung = false
  const limit = setTimeout(() => {
    hung = true
    if (child.pid !== undefined) for (const pid of tree(child.pid)) killQuietly(pid)
  }, limitSeconds * 1000)
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', resolve)
  }).finally(() => {
    clearInterval(sampler)
    clearTimeout(limit)
  })

  return {
    wallSeconds: (performance.now() - startedAt) / 1000,
    cpuSeconds: reapedCpuSeconds() - cpuBefore,
    peakBytes,
    failure: hung ? `not done after ${limitSeconds} s` : code === 0 ? undefined : `exit ${code}: ${said.trim()}`,
  }
}

/** CPU time of all children (and theirs) that this process has waited for: cutime and cstime of proc(5). */
function reapedCpuSeconds(): number {
  const fields = statFields('self')
  return (Number(fields[13]) + Number(fields[14])) / TICKS_PER_SECOND
}

/**
 * Memory of a process and its descendants, shared pages counted once (Pss); for a single big process its own high-water
 * mark, which no sample can miss.
 */
function memoryOfTree(root: number): number {
  let together = 0
  let highest = 0
  for (const pid of tree(root)) {
    together += kilobytes(`/proc/${pid}/smaps_rollup`, 'Pss')
    highest = Math.max(highest, kilobytes(`/proc/${pid}/status`, 'VmHWM'))
  }
  return Math.max(together, highest) * 1024
}

/** A process and its descendants. */
function tree(root: number): number[] {
  const children = new Map<number, number[]>()
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue
    const parent = Number(statFields(name)[1])
    children.set(parent, [...(children.get(parent) ?? []), Number(name)])
  }
  const found = [root]
  for (const pid of found) found.push(...(children.get(pid) ?? []))
  return found
}

function killQuietly(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    // it ended before us
  }
}

/** Fields of /proc/PID/stat after the name, which may hold blanks: [0] is the state, [1] the parent. */
function statFields(pid: string): string[] {
  return readOrEmpty(`/proc/${pid}/stat`).split(') ').at(-1)?.split(' ') ?? []
}

function kilobytes(file: string, field: string): number {
  return Number(new RegExp(`^${field}:\\s+(\\d+) kB`, 'm').exec(readOrEmpty(file))?.[1] ?? 0)
}

/** Processes end while we look at them. */
function readOrEmpty(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return ''
  }
}
