import { open } from 'node:fs/promises'
import { Secret } from '../connection/index.ts'
import { PgleapError } from '../errors.ts'
import { scramVerifier, verifierKind } from './verifier.ts'

/** A password that the user gives for a role. */
export interface RolePassword {
  /** What the target is told: never the password itself. */
  verifier: Secret
  /** Undefined where the file has the verifier alone. */
  password: Secret | undefined
}

/**
 * Reads a file of passwords: one `role:password` a line, where the password may also be a verifier (`SCRAM-SHA-256$...`
 * or `md5...`). As in ~/.pgpass a backslash takes the next character as it is (`\:` in a role's name), and lines that
 * begin with `#` are comments. Names are those on the source.
 *
 * @throws PgleapError `roles.password-file` where the file cannot be read, others than its owner may read it, or a line is
 * wrong, and `roles.password` where a password's normal form cannot be told; neither shows a password
 */
export async function readRolePasswords(path: string): Promise<ReadonlyMap<string, RolePassword>> {
  return parseRolePasswords(await readPrivate(path), path)
}

/** Pure but for the salts: the passwords of a file's content; `path` is for the messages. */
export function parseRolePasswords(text: string, path: string): ReadonlyMap<string, RolePassword> {
  const found = new Map<string, RolePassword>()
  for (const [at, raw] of text.split('\n').entries()) {
    const line = raw.replace(/\r$/u, '')
    if (line === '' || line.startsWith('#')) continue
    const where = `line ${String(at + 1)} of ${path}`
    const entry = parseLine(line)
    if (entry === undefined) throw wrong(`${where} is not of the form role:password`)
    if (found.has(entry.role)) throw wrong(`${where} names role ${JSON.stringify(entry.role)} for the second time`)
    found.set(entry.role, passwordOf(entry.value, entry.role, where))
  }
  return found
}

/** The role's name ends at the first colon without a backslash; a backslash escapes in the password, too. */
function parseLine(line: string): { role: string; value: Secret } | undefined {
  const [, name = '', value = ''] = /^((?:\\.|[^:\\])*):(.*)$/su.exec(line) ?? []
  if (name === '' || value === '') return undefined
  return { role: unescape(name), value: new Secret(unescape(value)) }
}

function unescape(raw: string): string {
  return raw.replaceAll(/\\(.)/gsu, '$1')
}

function passwordOf(value: Secret, role: string, where: string): RolePassword {
  if (verifierKind(value) !== 'unknown') return { verifier: value, password: undefined }
  const verifier = scramVerifier(value)
  if (verifier !== undefined) return { verifier, password: value }
  throw new PgleapError({
    code: 'roles.password',
    message: `The password of role ${JSON.stringify(role)} (${where}) has characters whose normal form pgleap does not know for certain.`,
    hint: 'Give its SCRAM verifier in place of the password, or leave the line out and set the password with psql afterwards (\\password).',
    party: 'usage',
  })
}

/** Mode and content of one and the same open file: what was looked at is what is read. */
async function readPrivate(path: string): Promise<string> {
  let file
  try {
    file = await open(path, 'r')
  } catch (cause) {
    const why = cause instanceof Error && 'code' in cause ? ` (${String(cause.code)})` : ''
    throw wrong(`${path} cannot be read${why}`, cause)
  }
  try {
    const stat = await file.stat()
    if (!stat.isFile()) throw wrong(`${path} is no plain file`)
    if ((stat.mode & 0o077) !== 0) throw wrong(`others than its owner have access to ${path}`)
    return await file.readFile('utf8')
  } finally {
    await file.close()
  }
}

function wrong(what: string, cause?: unknown): PgleapError {
  return new PgleapError({
    code: 'roles.password-file',
    message: `The file of roles' passwords cannot be used: ${what}.`,
    hint: 'One role:password a line, in a file that only you may read (chmod 600); docs/roles.md has an example.',
    party: 'usage',
    cause,
  })
}
