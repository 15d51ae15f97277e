import { readFile } from 'node:fs/promises'
import { splitConninfo } from '../connection/index.ts'
import { PgleapError } from '../errors.ts'
import type { EmitEvent } from '../report/index.ts'
import { readYaml } from '../yaml.ts'

/** What a migration task of Pigsty says, as pgleap's connection strings. No password of the file is in here. */
export interface PigstyTask {
  source: string
  target: string
  /** How the target's server reaches the source (`sub_conn`), where the file says so. */
  sourceFromTarget?: string
}

export interface FromPigstyOptions {
  /** Path of the task file, for example files/migration/pg-meta.yml. */
  file: string
  onEvent?: EmitEvent
}

/** What is said to the user about the file: keys that mean nothing, passwords that were left behind. */
export interface PigstyNote {
  code: 'pigsty.unknown-key' | 'pigsty.password'
  message: string
  hint: string
}

/** Keys of Pigsty's role pg_migration (roles/pg_migration/defaults/main.yml) and their spelling with a port. */
const NEEDED = ['src_cls', 'src_db', 'src_ip', 'dst_cls', 'dst_db', 'dst_ip'] as const
const KNOWN: readonly string[] = [
  ...NEEDED,
  'context_dir',
  'src_list',
  'src_dns',
  'src_vip',
  'src_port',
  'src_pg',
  'sub_conn',
  'dst_list',
  'dst_dns',
  'dst_vip',
  'dst_port',
  'dst_user',
  'dst_pg',
  'pg_dbsu',
  'pg_admin_username',
  'pg_admin_password',
  'pg_replication_username',
  'pg_replication_password',
  'pg_monitor_username',
  'pg_monitor_password',
]
const DEFAULT_ADMIN = 'dbuser_dba'

/**
 * Reads a migration task of Pigsty's playbook pgsql-migration.yml, in place of two connection strings. Passwords are not taken
 * over: they belong into ~/.pgpass, and a notice says so.
 *
 * @throws PgleapError `usage.pigsty-file`
 */
export async function fromPigsty({ file, onEvent }: FromPigstyOptions): Promise<PigstyTask> {
  const text = await readFile(file, 'utf8').catch((cause: unknown) => {
    throw refusal(file, ['it cannot be read'], cause)
  })
  const { task, notes } = parsePigstyTask(text, file)
  for (const note of notes) onEvent?.({ type: 'notice', at: Date.now(), level: 'warning', ...note })
  return task
}

/** Pure: the task in a file's content, and what to say of it; `file` is for messages, which never quote a value. */
export function parsePigstyTask(text: string, file: string): { task: PigstyTask; notes: PigstyNote[] } {
  const { broken, value: content = {} } = readYaml(text)
  if (broken.length > 0) {
    // A parser's words may quote the line, and that may hold a password.
    throw refusal(
      file,
      broken.map(({ line }) => `line ${String(line)} is no YAML`),
    )
  }
  if (typeof content !== 'object' || content === null || Array.isArray(content)) {
    throw refusal(file, ['it holds no keys'])
  }
  const values = new Map(Object.entries(content).flatMap(([key, value]) => valueOf(key, value)))
  const missing = NEEDED.filter((key) => !values.has(key))
  const templates = [...values].filter(([, value]) => value.includes('{{')).map(([key]) => key)
  if (missing.length + templates.length > 0) {
    throw refusal(file, [
      ...missing.map((key) => `${key} is missing`),
      ...templates.map((key) => `${key} is a template of Ansible's; write out what it stands for`),
    ])
  }
  const subscription = values.get('sub_conn')
  const task: PigstyTask = {
    source: side('src', values),
    target: side('dst', values),
    ...(subscription === undefined ? {} : { sourceFromTarget: conninfo(withoutPassword(subscription)) }),
  }
  return { task, notes: notesOn(Object.keys(content), values) }
}

/** An empty value is as good as none; the YAML of a port is a number. */
function valueOf(key: string, value: unknown): [string, string][] {
  const text = typeof value === 'number' ? String(value) : value
  return typeof text === 'string' && text !== '' ? [[key, text]] : []
}

/** As Pigsty makes them: `src_pg`, else postgres://pg_admin_username@src_ip/src_db (roles/pg_migration/tasks/main.yml). */
function side(prefix: 'src' | 'dst', values: ReadonlyMap<string, string>): string {
  const url = values.get(`${prefix}_pg`)
  if (url !== undefined) return conninfo(withoutPassword(url))
  const port = values.get(`${prefix}_port`)
  return conninfo(
    new Map([
      ['host', values.get(`${prefix}_ip`) ?? ''],
      ...(port === undefined ? [] : [['port', port] as const]),
      ['user', values.get('pg_admin_username') ?? DEFAULT_ADMIN],
      ['dbname', values.get(`${prefix}_db`) ?? ''],
    ]),
  )
}

function withoutPassword(connection: string): Map<string, string> {
  const words = splitConninfo(connection)
  words.delete('password')
  words.delete('sslpassword')
  return words
}

function conninfo(words: ReadonlyMap<string, string>): string {
  return [...words].map(([key, value]) => `${key}='${value.replaceAll(/[\\']/gu, '\\$&')}'`).join(' ')
}

function notesOn(keys: readonly string[], values: ReadonlyMap<string, string>): PigstyNote[] {
  const unknown = keys.filter((key) => !KNOWN.includes(key))
  const secrets = [...values].flatMap(([key, value]) => (holdsPassword(key, value) ? [key] : []))
  return [
    ...unknown.map((key) => ({
      code: 'pigsty.unknown-key' as const,
      message: `The task file has a key ${JSON.stringify(key)} that pgleap does not know, and leaves out.`,
      hint: 'docs/pigsty.md lists the keys that count.',
    })),
    ...(secrets.length === 0
      ? []
      : [
          {
            code: 'pigsty.password' as const,
            message: `The task file holds passwords (${secrets.join(', ')}); pgleap does not take them over.`,
            hint: 'Put them into ~/.pgpass (mode 0600), a host:port:database:user:password a line.',
          },
        ]),
  ]
}

function holdsPassword(key: string, value: string): boolean {
  if (key.endsWith('_password')) return true
  return ['src_pg', 'dst_pg', 'sub_conn'].includes(key) && splitConninfo(value).has('password')
}

function refusal(file: string, problems: readonly string[], cause?: unknown): PgleapError {
  return new PgleapError({
    code: 'usage.pigsty-file',
    message: `The migration task ${file} cannot be used: ${problems.join('; ')}.`,
    hint: 'docs/pigsty.md shows one, and what each key means.',
    party: 'usage',
    cause,
  })
}
