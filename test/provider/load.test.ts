import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { isReserved, providerNamed, resolveProvider } from '../../src/provider/index.ts'
import { loadProvider, parseProvider } from '../../src/provider/load.ts'

const folder = mkdtempSync(join(tmpdir(), 'pgleap-provider-'))
afterAll(() => rmSync(folder, { recursive: true }))

const refusalOf = (...lines: string[]): string => {
  try {
    parseProvider(lines.join('\n'), 'my.yml')
  } catch (error) {
    expect(error).toMatchObject({ code: 'usage.provider-file', party: 'usage' })
    return String(error)
  }
  return 'no refusal'
}

describe("a provider's file", () => {
  test('describes a service of its own on top of a self-managed server', () => {
    const provider = parseProvider(
      [
        'id: acme',
        'reserved:',
        '  roles: [acme_admin, acme_*]',
        'notGrantable: [SUPERUSER]',
        'replication:',
        '  parameters:',
        '    - { name: acme.wal, value: "on", needs: restart }',
      ].join('\n'),
      'acme.yml',
    )
    expect(provider).toMatchObject({ id: 'acme', name: 'acme', notGrantable: ['SUPERUSER'], signatures: [] })
    expect(provider.replication).toEqual({
      logical: 'yes',
      parameters: [{ name: 'acme.wal', value: 'on', needs: 'restart' }],
      grant: 'ALTER ROLE $role REPLICATION',
    })
    expect(isReserved(provider, 'role', 'acme_backup')).toBe(true)
  })

  test('adds its reserved names and notes to those of the provider that it extends, and replaces the rest', () => {
    const provider = parseProvider(
      'extends: rds\nid: our-rds\nname: Our RDS\nreserved:\n  roles: [dba_*]\nnotes: [Ask the DBA team.]\nverifiers: unknown',
      'rds.yml',
    )
    const rds = providerNamed('rds')
    expect(provider.reserved).toEqual({ ...rds.reserved, roles: [...rds.reserved.roles, 'dba_*'] })
    expect(provider.notes).toEqual([...rds.notes, 'Ask the DBA team.'])
    expect(provider).toMatchObject({ name: 'Our RDS', verifiers: 'unknown', replication: rds.replication })
  })

  test('is refused with the line and the key of everything that is wrong in it', () => {
    expect(
      refusalOf('id: acme', 'reserved:', '  rolls: [x]', '  roles: x', 'notGrantable:', '  - SUPERUSER', '  - LOGIN'),
    ).toMatch(
      /my\.yml cannot be used: .*line 4, reserved\.roles: .*line 3, reserved\.rolls: there is no such key.*line 7, notGrantable\.1: /su,
    )
    expect(refusalOf('name: acme')).toMatch(/line 1, id: /u)
    expect(refusalOf('id: Acme Cloud')).toMatch(/line 1, id: small letters, digits and single hyphens/u)
    expect(refusalOf('id: acme', '', 'extends: amazon')).toMatch(/line 3, extends: .*rds/u)
    expect(refusalOf('id: acme', 'replication:', '  grant: GRANT x')).toMatch(/line 3, replication\.grant: .*\$role/u)
    expect(refusalOf('')).toMatch(/line 1: /u)
    expect(refusalOf('- id: acme')).toMatch(/line 1: /u)
    expect(refusalOf('id: acme', 'notes: [a')).toMatch(/line 2: /u)
    expect(refusalOf('id: a', 'id: b')).toMatch(/line 2: /u)
  })

  test('is what a path names, and anything else is an id', async () => {
    const path = join(folder, 'acme.yml')
    writeFileSync(path, 'id: acme\n')
    expect(await resolveProvider(path)).toMatchObject({ id: 'acme' })
    expect(await resolveProvider('neon')).toBe(providerNamed('neon'))
    await expect(loadProvider(join(folder, 'none.yml'))).rejects.toMatchObject({ code: 'usage.provider-file' })
    await expect(resolveProvider('acme')).rejects.toMatchObject({ code: 'usage.provider' })
  })
})
