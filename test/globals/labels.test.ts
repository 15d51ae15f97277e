import { execFileSync } from 'node:child_process'
import { chmodSync, writeFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { expect, test } from 'vitest'
import { restoreScript } from '../../src/files/index.ts'
import { keepRoles, readKeptRoles, rolesFrom } from '../../src/globals/index.ts'
import { selfManaged } from '../../src/provider/index.ts'
import { roles } from '../../src/index.ts'
import { type OwnServer, queryOnce, type Server, startServer } from '../kit/index.ts'
import { run } from './many-roles.ts'

/** A library with a provider of labels, without PostgreSQL's headers: what of fmgr.h a server compares, and one call. */
const PROVIDER = `
struct magic { int len, version, funcmaxargs, indexmaxkeys, namedatalen, float8byval; char abi_extra[32]; };
static const struct magic data = { sizeof(struct magic), 1700, 100, 32, 64, 1, "PostgreSQL" };
const struct magic *Pg_magic_func(void) { return &data; }
extern void register_label_provider(const char *, void (*)(const void *, const char *));
static void check(const void *object, const char *label) { }
void _PG_init(void) { register_label_provider("kit", check); }
`

const COMPILER = 'cc'

const hasCompiler = (() => {
  try {
    execFileSync(COMPILER, ['--version'], { stdio: 'ignore' })
    return process.platform === 'linux'
  } catch {
    return false
  }
})()

/** A server of 17 that has loaded a provider `kit`. */
async function serverWithProvider(folder: string): Promise<OwnServer> {
  const [code, library] = [join(folder, 'kit.c'), join(folder, 'kit.so')]
  writeFileSync(code, PROVIDER)
  execFileSync(COMPILER, ['-shared', '-fPIC', '-o', library, code])
  // The server may be another account's.
  chmodSync(folder, 0o755)
  return startServer({ major: 17, settings: { session_preload_libraries: library } })
}

/** Rows put there by a superuser: no library has to be loaded, as on a server that has lost its own. */
async function labelled(source: OwnServer): Promise<void> {
  await run(source, 'create role app', 'create role keeper', 'create role plain')
  await run(
    source,
    `insert into pg_shseclabel (objoid, classoid, provider, label) values
       ('app'::regrole, 'pg_authid'::regclass, 'kit', 'it''s \\one'), ('app'::regrole, 'pg_authid'::regclass, 'Odd "one"', 'other'),
       ('keeper'::regrole, 'pg_authid'::regclass, 'kit', 'theirs'), ('plain'::regrole, 'pg_authid'::regclass, 'kit', 'plain')`,
  )
}

function labelsOn(server: Server): Promise<unknown[]> {
  return queryOnce(
    server.url(),
    `select objoid::regrole::text as role, provider, label from pg_shseclabel where classoid = 'pg_authid'::regclass order by 1, 2`,
  )
}

const ODD_IS_MISSING = {
  kind: 'role',
  object: 'role app',
  reason: 'no-label-provider',
  message: 'Its security label of Odd "one" is left out: the target has not loaded that library.',
}

test.skipIf(!hasCompiler)(
  'labels of roles come over where the target has their provider, and those that are there stay',
  { timeout: 60_000 },
  async () => {
    const folder = await mkdtemp(join(tmpdir(), 'pgleap-kit-labels-'))
    try {
      await using source = await startServer({ major: 15 })
      await labelled(source)
      await using target = await serverWithProvider(folder)
      await run(target, 'create role keeper', `security label for kit on role keeper is 'mine'`, 'create role plain')
      const options = { source: source.url(), target: target.url() }
      const applied = await roles({ ...options, apply: 'apply' })
      expect(applied).toMatchObject({ verdict: 'DIFFERENT', refused: [], blocked: [], leftOut: [ODD_IS_MISSING] })
      expect(applied.changes.filter(({ kind }) => kind === 'label').map(({ object }) => object)).toEqual([
        'security label of kit on role app',
        'security label of kit on role plain',
      ])
      expect(applied.differences).toEqual([
        { kind: 'role', object: 'role keeper', field: 'security label of kit', source: 'theirs', target: 'mine' },
      ])
      const labels = [
        { role: 'app', provider: 'kit', label: `it's \\one` },
        { role: 'keeper', provider: 'kit', label: 'mine' },
        { role: 'plain', provider: 'kit', label: 'plain' },
      ]
      expect(await labelsOn(target)).toEqual(labels)
      expect((await roles(options)).changes).toEqual([])

      // A script for an empty server says the same, and a library that is missing stops nothing of it.
      const { script } = await keepRoles({ source: source.url(), verifiers: 'omit' })
      await run(target, 'drop role app', 'drop role keeper', 'drop role plain')
      const ran = await restoreScript({ script: Readable.from([script]), target: target.url() })
      expect(ran.errors.map(({ statement, sqlstate }) => [statement, sqlstate])).toEqual([
        ['SECURITY ROLE app', '22023'],
      ])
      expect(await labelsOn(target)).toEqual(
        labels.map((one) => (one.label === 'mine' ? { ...one, label: 'theirs' } : one)),
      )
    } finally {
      await rm(folder, { recursive: true })
    }
  },
)

test('without their providers labels are left out and listed, and all else arrives, from a file, too', async () => {
  await using source = await startServer({ major: 16 })
  await labelled(source)
  await using target = await startServer({ major: 18 })
  const { data } = await keepRoles({ source: source.url(), verifiers: 'include' })
  const endpoint = { host: 'x', port: 1, database: 'x', user: 'x', version: '16.0' }
  const bring = async (text: string) =>
    rolesFrom(
      { facts: await readKeptRoles('x', text), provider: selfManaged, endpoint },
      { target: target.url(), apply: 'apply' },
    )
  const applied = await bring(data)
  expect(applied).toMatchObject({ verdict: 'SAME', refused: [], differences: [] })
  expect(applied.leftOut).toContainEqual(ODD_IS_MISSING)
  expect(applied.leftOut.map(({ object, reason }) => `${object} ${reason}`).toSorted()).toEqual([
    'role app no-label-provider',
    'role app no-label-provider',
    'role keeper no-label-provider',
    'role plain no-label-provider',
  ])
  expect(applied.changes.map(({ object }) => object)).toEqual(['role app', 'role keeper', 'role plain'])
  expect(await labelsOn(target)).toEqual([])

  // As older pgleaps wrote it.
  const old = JSON.parse(data, (key, value: unknown) => (key === 'labels' ? undefined : value))
  expect(await bring(JSON.stringify(old))).toMatchObject({ verdict: 'SAME', changes: [], leftOut: [] })
})
