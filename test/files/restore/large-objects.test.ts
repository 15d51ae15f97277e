import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { dump } from '../../../src/files/index.ts'
import { restore, verifyFiles } from '../../../src/files/restore/index.ts'
import { freshDatabase, freshRole, server, type FreshDatabase, type FreshRole } from '../../kit/index.ts'
import { run } from '../../migrate/support.ts'
import { pgDump, scratch, stockPgDump } from './support.ts'

/** One archive of each form: before 17, pg_dump names large objects one by one. */
const WRITERS = ['pgleap', 15, 17, 18] as const

const MADE = `
  create table plain (x int); select lo_create(oid) from generate_series(9001, 9007) oid;
  alter large object 9001 owner to lo_owner; alter large object 9002 owner to lo_owner;
  alter large object 9003 owner to lo_owner; alter large object 9004 owner to lo_owner;
  grant select on large object 9002, 9003 to "lo reader" with grant option;
  set session authorization "lo reader";
  grant select on large object 9002, 9003 to lo_friend, public;
  reset session authorization;
  revoke update on large object 9004 from lo_owner; grant all on large object 9005 to lo_friend;
  comment on large object 9005 is E'It''s\\none \\\\ "two"'; comment on large object 9006 is 'plain'`

const CHANGED = `
  alter large object 9007 owner to lo_friend;
  grant select on large object 9001 to lo_friend;
  comment on large object 9002 is 'mine';
  set session authorization "lo reader"; revoke select on large object 9003 from public; reset session authorization;
  grant update on large object 9004 to lo_owner;
  grant select on large object 9005 to lo_friend with grant option; comment on large object 9005 is 'It''s\\none';
  insert into pg_seclabel (objoid, classoid, objsubid, provider, label)
  values (9006, 'pg_largeobject'::regclass, 0, 'somebody', 'secret')`

describe('owners, grants and comments of large objects', () => {
  let source: FreshDatabase
  const roles: FreshRole[] = []

  beforeAll(async () => {
    for (const at of [await server(14), await server(17)]) {
      for (const name of ['lo_owner', 'lo reader', 'lo_friend']) roles.push(await freshRole(at, { name }))
    }
    source = await freshDatabase(await server(14))
    await run(source.url, MADE)
  }, 60_000)
  afterAll(async () => {
    await source[Symbol.asyncDispose]()
    for (const role of roles) await role[Symbol.asyncDispose]()
  })

  test.each(WRITERS)('are compared with what an archive of %s says', async (writer) => {
    const program = writer === 'pgleap' ? undefined : stockPgDump(writer)
    if (writer !== 'pgleap' && program === undefined) return
    await using folder = await scratch()
    const archive = folder.path('archive')
    await (program === undefined
      ? dump({ source: source.url, to: archive })
      : pgDump(program, source.url, ['-Fc', '-f', archive]))
    await using target = await freshDatabase(await server(17))
    const restored = await restore({ from: archive, target: target.url })
    expect(restored.failures).toEqual([])
    expect(restored.differences.filter(({ verdict }) => verdict === 'DIFFERENT')).toEqual([])
    expect(restored.verdict).toBe(writer === 'pgleap' ? 'SAME' : 'UNKNOWN')

    await run(target.url, CHANGED)
    const after = async (owners: 'keep' | 'skip') => {
      const { verdict, objects } = await verifyFiles({ from: archive, target: target.url, owners })
      const detail = objects.find(({ kind }) => kind === 'large objects')?.detail
      return { verdict, changes: detail?.split('; ').toSorted() }
    }
    expect(await after('keep')).toEqual({
      verdict: 'DIFFERENT',
      changes: [
        '9001: other grants',
        '9002: another comment',
        '9003: other grants',
        '9004: other grants',
        '9005: other grants and another comment',
        '9006: other security labels',
        '9007: owner postgres is now lo_friend and other grants',
      ],
    })
    expect(await after('skip')).toEqual({
      verdict: 'DIFFERENT',
      changes: ['9002: another comment', '9005: another comment', '9006: other security labels'],
    })
  })

  test('are compared under the names that roles were given', async () => {
    await using folder = await scratch()
    const archive = folder.path('archive')
    await dump({ source: source.url, to: archive })
    await using target = await freshDatabase(await server(17))
    const roleMap = { lo_owner: 'lo_friend', lo_friend: 'lo_owner' }
    const restored = await restore({ from: archive, target: target.url, roleMap })
    expect(restored.failures).toEqual([])
    expect(restored.differences).toEqual([])
    expect(restored.verdict).toBe('SAME')
    expect(await verifyFiles({ from: archive, target: target.url })).toMatchObject({ verdict: 'DIFFERENT' })
  })
})
