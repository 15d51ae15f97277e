import { chmodSync, existsSync, mkdtempSync, rmSync } from 'node:fs'
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
    const directory = makeTemporary('run')
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
export function makeTemporary(name: string): string {
  const directory = mkdtempSync(join(temporaryBase(), `pgleap-kit-${name}-`))
  chmodSync(directory, 0o755)
  return directory
}

function temporaryBase(): string {
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
