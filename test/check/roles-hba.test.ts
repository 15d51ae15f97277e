import { describe, expect, test } from 'vitest'
import { mayEnter } from '../../src/check/roles/hba-rule.ts'
import type { HbaRule } from '../../src/check/roles/hba-rule.ts'
import { freshDatabase, startServer } from '../kit/index.ts'
import { findings, found, passes } from './support.ts'
import type { Where } from './support.ts'

const offline = ['offline'] as const
const roles = ['roles'] as const

describe('pg_hba.conf (R17, R18)', () => {
  test('a role that the target would refuse is named, and a login that is decided elsewhere is; RADIUS is gone from 19 on', async () => {
    const hba = [
      'host all postgres,r_looks 127.0.0.1/32 trust',
      'host all r_rejected 0.0.0.0/0 reject',
      'host all r_rejected,+r_staff 10.0.0.0/8 scram-sha-256',
      'host all r_clerk 10.1.0.0/16 radius radiusservers=10.0.0.1 radiussecrets=x',
      'local all all peer',
    ]
    await using from = await startServer({ major: 17, hba })
    await using to = await startServer({ major: 18, hba: hba.slice(0, 3) })
    await using source = await freshDatabase(from)
    await using target = await freshDatabase(to)
    await source.query('create role r_staff; create role r_clerk login in role r_staff')
    await passes('R17', { source, target, paths: offline })
    await source.query('create role r_rejected login; create role r_stranger login')
    expect((await findings('R17', { source, target, paths: offline })).map(({ object }) => object)).toEqual([
      'role r_rejected',
      'role r_stranger',
    ])
    const radius = async (where: Pick<Where, 'target' | 'to'>) =>
      (await findings('R18', { source, paths: roles, ...where })).map((finding) => [
        finding.severity,
        finding.message.slice(0, 31),
      ])
    expect(await radius({ target })).toEqual([['warning', 'r_clerk may log in by radius on']])
    expect(await radius({ to: 18 })).toEqual([['warning', 'r_clerk may log in by radius on']])
    expect(await radius({ to: 19 })).toEqual([['error', 'r_clerk may log in by RADIUS on']])
    await passes('R18', { source, target: source, paths: roles })
    await target.query('create role r_looks login')
    expect(await found('R17', { source, target: target.urlFor('r_looks'), paths: offline })).toMatchObject({
      status: 'unknown',
    })
    await passes('R18', { source: target, target: source, paths: roles })
  }, 60_000)

  test('the first line that matches decides, and what it cannot read it takes for a match', () => {
    const app = { role: 'app', groups: ['staff'], database: 'shop' }
    expect(mayEnter([], app)).toBe(false)
    expect(mayEnter([rule(['all'], 'reject'), rule(['app'], 'trust')], app)).toBe(false)
    expect(mayEnter([rule(['all'], 'reject', { address: '10.0.0.0' }), rule(['app'], 'trust')], app)).toBe(true)
    expect(mayEnter([rule(['+staff'], 'trust')], app)).toBe(true)
    expect(mayEnter([rule(['+others'], 'trust')], app)).toBe(false)
    expect(mayEnter([rule(['/^ap'], 'trust')], app)).toBe(true)
    expect(mayEnter([rule(['/^(?<'], 'trust')], app)).toBe(true)
    expect(mayEnter([rule(['all'], 'trust', { type: 'local' })], app)).toBe(false)
    expect(mayEnter([rule(['all'], 'trust', { databases: ['replication'] })], app)).toBe(false)
    expect(mayEnter([rule(['all'], 'trust', { databases: ['sameuser'] })], app)).toBe(false)
    expect(mayEnter([rule(['all'], 'trust', { databases: ['samerole'] })], { ...app, database: 'staff' })).toBe(true)
    expect(mayEnter([rule(['all'], 'trust', { databases: ['other'] })], app)).toBe(false)
    expect(mayEnter([rule(['all'], 'trust', { databases: ['other'] })], { ...app, database: undefined })).toBe(true)
  })
})

function rule(users: string[], method: string, over: Partial<HbaRule> = {}): HbaRule {
  return {
    line: 1,
    type: 'host',
    databases: ['all'],
    users,
    address: 'all',
    netmask: null,
    method,
    options: '',
    current: 'shop',
    ...over,
  }
}
