import { chmodSync, existsSync, mkdtempSync, rmSync, statfsSync } from 'node:fs'
import { rename } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { everybodyMayEnter } from '../../src/rehearse/embedded.ts'
import { type Guard, guard } from './guard.ts'

/** Names the run's folder to the processes that a run starts (vitest's workers), which then share what is in there. */
export const RUN_VARIABLE = 'PGLEAP_KIT_RUN'

let own: { readonly directory: string; readonly guard: Guard } | undefined

/**
 * The folder of this run, for what its servers share: initialised data folders, readable copies of programs. Belongs to
 * the process that asked first and vanishes with it, so no run sees what another one left half done.
 */
export function runDirectory(): string {
  const inherited = process.env[RUN_VARIABLE]
  if (inherited !== undefined && existsSync(inherited)) return inherited
  if (own === undefined) {
    const directory = makeTemporary('run', 'disk')
    own = { directory, guard: guard(directory) }
  }
  return own.directory
}

/** Removes this process's run folder now, once its servers are disposed; otherwise that happens when the process ends. */
export async function endRun(): Promise<void> {
  await own?.guard.end()
  own = undefined
}

/** Makes a new folder that every user may enter. Its path is short, because a socket's path may have 107 bytes only. */
export function makeTemporary(name: string, where: 'disk' | 'memory'): string {
  const base = where === 'memory' && memoryIsPlenty() ? MEMORY : diskBase()
  const directory = mkdtempSync(join(base, `pgleap-kit-${name}-`))
  chmodSync(directory, 0o755)
  return directory
}

/** To make and drop a database there takes a fifth of what it takes on a disk; not for programs, which may not run there. */
const MEMORY = '/dev/shm'
/** All servers of a run, each with the log that it keeps, stay below. */
const PLENTY_BYTES = 8 * 2 ** 30

function memoryIsPlenty(): boolean {
  if (!existsSync(MEMORY) || !everybodyMayEnter(MEMORY)) return false
  const { bavail, bsize } = statfsSync(MEMORY)
  return Math.min(bavail * bsize, process.availableMemory()) > PLENTY_BYTES
}

function diskBase(): string {
  const wanted = tmpdir()
  return wanted.length <= 40 && everybodyMayEnter(wanted) ? wanted : '/tmp'
}

/**
 * Makes `name` in the run's folder once, whoever else may be trying: each builds a folder of its own, the first one to
 * rename it wins, and the others drop theirs.
 */
export async function onceInRun(name: string, build: (directory: string) => Promise<void>): Promise<string> {
  const wanted = join(runDirectory(), name)
  if (existsSync(wanted)) return wanted
  const mine = mkdtempSync(`${wanted}.`)
  chmodSync(mine, 0o755)
  try {
    await build(mine)
    await rename(mine, wanted)
  } catch (error) {
    rmSync(mine, { recursive: true, force: true })
    if (!existsSync(wanted)) throw error
  }
  return wanted
}
