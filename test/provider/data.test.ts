import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type ReservedKind, isReserved, providerIds, providerNamed, selfManaged } from '../../src/provider/index.ts'
import { decide } from '../../src/provider/recognise.ts'
import { PROVIDERS } from '../../src/provider/services/index.ts'

const KINDS: readonly ReservedKind[] = ['role', 'database', 'schema', 'extension', 'tablespace']
const sign = (kind: 'role' | 'database' | 'schema' | 'function' | 'superuser', name: string) => ({
  kind,
  name,
  value: null,
})
const idOf = (signs: ReturnType<typeof sign>[], host?: string) => decide(signs, host, PROVIDERS).id

describe('the data of the providers', () => {
  test('has one provider for each id, and a page of documentation for each', () => {
    expect(new Set(providerIds()).size).toBe(PROVIDERS.length)
    for (const provider of PROVIDERS) {
      expect(providerNamed(provider.id)).toBe(provider)
      expect(provider.sources.filter((source) => source.startsWith('https://'))).not.toEqual([])
    }
  })

  test('reserves every role and database that gives a provider away', () => {
    for (const provider of PROVIDERS) {
      for (const signature of provider.signatures) {
        const [kind, name] = Object.entries(signature)[0] ?? ['', '']
        if (kind !== 'role' && kind !== 'database' && kind !== 'schema') continue
        expect([provider.id, kind, name, isReserved(provider, kind, name)]).toEqual([provider.id, kind, name, true])
      }
    }
  })

  test('says how logical replication is turned on wherever there is any', () => {
    const silent = PROVIDERS.filter(
      ({ replication: { logical, parameters, note } }) =>
        logical !== 'no' && parameters.length === 0 && note === undefined,
    )
    expect(silent).toEqual([])
    for (const { replication } of PROVIDERS) expect(replication.grant ?? '$role').toContain('$role')
  })
})

describe('a reserved name', () => {
  test('is one that stands in the list, as it stands there', () => {
    const azure = providerNamed('azure-flexible')
    expect(isReserved(azure, 'role', 'azuresu')).toBe(true)
    expect(isReserved(azure, 'role', 'Azuresu')).toBe(false)
    expect(isReserved(azure, 'role', 'azuresu2')).toBe(false)
    expect(isReserved(azure, 'database', 'azure_maintenance')).toBe(true)
    expect(isReserved(azure, 'schema', 'azure_maintenance')).toBe(false)
    expect(isReserved(azure, 'tablespace', 'temptblspace')).toBe(true)
  })

  test('is one that begins as an entry with a star', () => {
    const rds = providerNamed('rds')
    expect(isReserved(rds, 'role', 'rds_iam')).toBe(true)
    expect(isReserved(rds, 'role', 'rds_')).toBe(true)
    expect(isReserved(rds, 'role', 'rds')).toBe(false)
    expect(isReserved(rds, 'role', 'my_rds_role')).toBe(false)
    expect(isReserved(rds, 'extension', 'aws_s3')).toBe(true)
  })

  test("is PostgreSQL's own at every provider", () => {
    for (const provider of PROVIDERS) {
      expect(isReserved(provider, 'role', 'pg_monitor')).toBe(true)
      expect(isReserved(provider, 'schema', 'pg_toast')).toBe(true)
      expect(isReserved(provider, 'schema', 'information_schema')).toBe(true)
      expect(isReserved(provider, 'database', 'template1')).toBe(true)
      expect(isReserved(provider, 'tablespace', 'pg_default')).toBe(true)
      expect(isReserved(provider, 'role', 'pgbouncer_admin')).toBe(false)
      expect(isReserved(provider, 'schema', 'public')).toBe(false)
    }
  })

  test('of one provider says nothing of a name that no entry begins like', () => {
    fc.assert(
      fc.property(fc.constantFrom(...KINDS), fc.string(), (kind, name) => {
        fc.pre(!name.startsWith('pg_') && !['information_schema', 'template0', 'template1'].includes(name))
        expect(isReserved(selfManaged, kind, name)).toBe(false)
      }),
    )
  })
})

describe('a provider is recognised', () => {
  test('by any of its signs, and a server without signs is self-managed', () => {
    expect(idOf([])).toBe('self-managed')
    expect(idOf([sign('role', 'rds_superuser')])).toBe('rds')
    expect(idOf([sign('database', 'cloudsqladmin')])).toBe('cloud-sql')
    expect(idOf([sign('schema', 'heroku_ext')])).toBe('heroku')
    expect(idOf([sign('role', 'dbuser_dba')])).toBe('pigsty')
  })

  test('as the more specific one where two have the same sign', () => {
    expect(idOf([sign('role', 'rdsadmin'), sign('function', 'aurora_version')])).toBe('aurora')
    expect(idOf([sign('role', 'azure_pg_admin'), sign('role', 'azure_superuser')])).toBe('azure-single')
    expect(idOf([sign('role', 'avnadmin'), sign('role', 'doadmin')])).toBe('digitalocean')
  })

  test('by its host name only where the server shows nothing', () => {
    expect(idOf([], 'db.abcdef.supabase.co')).toBe('supabase')
    expect(idOf([], 'DB.abcdef.Supabase.co.')).toBe('supabase')
    expect(idOf([sign('role', 'rdsadmin')], 'db.abcdef.supabase.co')).toBe('rds')
    expect(idOf([], 'supabase.co.example.com')).toBe('self-managed')
  })

  test('never by leftovers of a service that makes no superusers, when the user is one', () => {
    const superuser = sign('superuser', 'postgres')
    expect(idOf([superuser, sign('role', 'azure_pg_admin'), sign('role', 'rdsadmin')])).toBe('self-managed')
    expect(idOf([superuser, sign('role', 'aptible')])).toBe('aptible')
    expect(idOf([superuser, sign('role', 'supabase_admin')])).toBe('supabase')
  })

  test('by its id as the user gives it, and a wrong one is refused with the list', () => {
    expect(() => providerNamed('azure')).toThrow(
      expect.objectContaining({
        code: 'usage.provider',
        hint: expect.stringContaining('azure-flexible, azure-single'),
      }),
    )
  })
})
