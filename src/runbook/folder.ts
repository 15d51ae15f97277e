import { mkdir, readdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { PgleapError } from '../errors.ts'

/** One file of a runbook. Scripts can be executed; `activate` is read by them. */
export interface RunbookFile {
  /** In the folder; with a / it stands in a folder of its own. */
  name: string
  text: string
  mode: 0o644 | 0o755
}

/**
 * Looks before the work begins: a runbook overwrites nothing, since people write into it.
 *
 * @throws PgleapError `usage.runbook-folder`
 */
export async function assertFree(folder: string): Promise<void> {
  const names = await readdir(folder).catch((cause: NodeJS.ErrnoException) => {
    if (cause.code === 'ENOENT') return []
    throw refusal(folder, `cannot be used (${cause.code ?? 'unknown'})`, cause)
  })
  if (names.length > 0) throw refusal(folder, 'is not empty')
}

/** Writes the files into the folder, which is made where it is missing; no file that has come up meanwhile is overwritten. */
export async function writeFolder(folder: string, files: readonly RunbookFile[]): Promise<void> {
  try {
    for (const { name, text, mode } of files) {
      const path = join(folder, name)
      await mkdir(dirname(path), { recursive: true })
      await writeFile(path, text, { mode, flag: 'wx' })
    }
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown'
    throw refusal(folder, `cannot be written to (${code})`, cause)
  }
}

function refusal(folder: string, why: string, cause?: unknown): PgleapError {
  return new PgleapError({
    code: 'usage.runbook-folder',
    message: `The folder ${folder} ${why}.`,
    hint: 'Name a folder for the runbook that is empty or not there yet, where you may write.',
    party: 'usage',
    cause,
  })
}
