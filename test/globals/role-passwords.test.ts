import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { inspect } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { PgleapError } from '../../src/errors.ts'
import { readRolePasswords } from '../../src/globals/index.ts'
import { parseRolePasswords } from '../../src/globals/role-passwords.ts'

const SCRAM =
  'SCRAM-SHA-256$4096:W22ZaJ0SNY7soEsUEjb6gQ==$WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=:wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU='

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pgleap-role-passwords-'))
})
afterAll(() => rm(folder, { recursive: true }))

describe('a file of roles’ passwords', () => {
  test('has passwords and verifiers, comments, and backslashes that escape', () => {
    const text = [
      '# comment',
      '',
      'app:pass:with:colons',
      String.raw`odd\:name:back\\slash\#`,
      `ready:${SCRAM}`,
      'windows:line\r',
    ].join('\n')
    const found = parseRolePasswords(text, 'f')
    expect([...found.keys()]).toEqual(['app', 'odd:name', 'ready', 'windows'])
    expect(found.get('app')?.password?.reveal()).toBe('pass:with:colons')
    expect(found.get('odd:name')?.password?.reveal()).toBe(String.raw`back\slash#`)
    expect(found.get('windows')?.password?.reveal()).toBe('line')
    expect(found.get('ready')).toMatchObject({ password: undefined })
    expect(found.get('ready')?.verifier.reveal()).toBe(SCRAM)
    expect(found.get('app')?.verifier.reveal()).toMatch(/^SCRAM-SHA-256\$4096:/u)
  })

  test('prints no password, however it is printed', () => {
    const found = parseRolePasswords('app:hidden-word', 'f')
    expect(inspect(found, { depth: 9 }) + JSON.stringify([...found]) + String(found.get('app')?.password)).not.toMatch(
      /hidden-word|SCRAM/u,
    )
  })

  test.each(['no colon', ':no-name', 'no-password:', 'twice:a\ntwice:b'])(
    'is refused for %j, without the password',
    (text) => {
      const error = thrownBy(() => parseRolePasswords(text, 'the-file'))
      expect(error).toMatchObject({ code: 'roles.password-file', exitCode: 2 })
      expect(error.message).toContain('of the-file')
    },
  )

  test('says which password it cannot normalise, and does not show it', () => {
    const error = thrownBy(() => parseRolePasswords('app:🐘 ﬁ', 'f'))
    expect(error.code).toBe('roles.password')
    expect(error.message + (error.hint ?? '')).not.toContain('🐘')
  })

  test.each([0o644, 0o640, 0o602])('that others may use (mode %o) is refused', async (mode) => {
    const file = join(folder, 'open')
    await writeFile(file, 'app:secret-word\n')
    await chmod(file, mode)
    const failure = readRolePasswords(file)
    await expect(failure).rejects.toMatchObject({ code: 'roles.password-file' })
    await expect(failure).rejects.not.toThrow(/secret-word/u)
  })

  test('is read where only its owner may, and missed where it is not there', async () => {
    const file = join(folder, 'closed')
    await writeFile(file, 'app:secret-word\n', { mode: 0o600 })
    expect((await readRolePasswords(file)).size).toBe(1)
    await expect(readRolePasswords(join(folder, 'none'))).rejects.toMatchObject({ code: 'roles.password-file' })
    await expect(readRolePasswords(folder)).rejects.toMatchObject({ code: 'roles.password-file' })
  })
})

function thrownBy(act: () => unknown): PgleapError {
  try {
    act()
  } catch (error) {
    if (error instanceof PgleapError) return error
    throw error
  }
  throw new Error('nothing was thrown')
}
