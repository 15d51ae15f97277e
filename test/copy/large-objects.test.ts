import { describe, expect, test } from 'vitest'
import { readLargeObjects } from '../../src/catalog/index.ts'
import type { Session } from '../../src/connection/index.ts'
import { type LargeObjectOptions, type LargeObjectsMoved, copyLargeObjects } from '../../src/copy/index.ts'
import { type Pair, open, withPair } from '../catalog/sessions.ts'
import { type Major, freshRole, server } from '../kit/index.ts'

const KEEP: LargeObjectOptions = { owners: 'keep', grants: 'keep' }

async function copyAll(
  { source, target }: Pick<Pair, 'source' | 'target'>,
  options: Partial<LargeObjectOptions> = {},
): Promise<LargeObjectsMoved> {
  await source.script('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY')
  await target.script('BEGIN')
  const total: LargeObjectsMoved = { rows: 0, bytes: 0, failures: [] }
  for (const range of (await readLargeObjects(source, { perRange: 3 })).ranges) {
    const moved = await copyLargeObjects(source, target, range, { ...KEEP, ...options })
    total.rows += moved.rows
    total.bytes += moved.bytes
    total.failures.push(...moved.failures)
  }
  await target.script('COMMIT')
  await source.script('COMMIT')
  return total
}

function contents(session: Session): Promise<object[]> {
  return session.query(
    `SELECT oid::int8 AS oid, length(lo_get(oid)) AS length, md5(lo_get(oid)) AS md5 FROM pg_largeobject_metadata ORDER BY oid`,
  )
}

function properties(session: Session): Promise<{ oid: number; grants: string[] }[]> {
  return session.query(
    `SELECT m.oid::int8 AS oid, pg_get_userbyid(lomowner)::text AS owner, obj_description(m.oid, 'pg_largeobject') AS comment,
            ARRAY(SELECT format('%s %s %s by %s', CASE grantee WHEN 0 THEN 'PUBLIC' ELSE grantee::regrole::text END,
                                privilege_type, is_grantable, grantor::regrole)
                    FROM aclexplode(lomacl)) AS grants
       FROM pg_largeobject_metadata m ORDER BY m.oid`,
  )
}

describe('large objects', () => {
  test.for<[Major, Major]>([
    [13, 18],
    [14, 17],
  ])('arrive with their OIDs and every byte, empty, sparse and long ones too, from %i to %i', ([from, to]) =>
    withPair(from, to, async (pair) => {
      const { source, target } = pair
      await source.script(`
        SELECT lo_from_bytea(1000, '');
        SELECT lo_from_bytea(1001, '\\x00ff5c0a');
        SELECT lo_from_bytea(4294967295, decode(repeat('0123456789abcdef', 100), 'hex'));
        SELECT lo_from_bytea(1003, decode(repeat('aa', 999), 'hex')), lo_from_bytea(1004, decode(repeat('bb', 1000), 'hex'));
        SELECT lo_from_bytea(1005, decode(repeat('cc', 1001), 'hex')), lo_from_bytea(1006, decode(repeat('dd', 5432), 'hex'));
        SELECT lo_create(1007); SELECT lo_put(1007, 10000, 'tail')`)
      expect(await copyAll(pair, { pageBytes: 1000 })).toEqual({
        rows: 8,
        bytes: 4 + 800 + 999 + 1000 + 1001 + 5432 + 10004,
        failures: [],
      })
      expect(await contents(target)).toEqual(await contents(source))
    }),
  )

  test('are those of the snapshot', () =>
    withPair(14, 17, async ({ source, target, sourceDb }) => {
      await source.script(`SELECT lo_from_bytea(1, 'before')`)
      await source.script('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY')
      const [range] = (await readLargeObjects(source)).ranges
      await sourceDb.query(`SELECT lo_put(1, 0, 'after!'), lo_create(2)`)
      await target.script('BEGIN')
      await copyLargeObjects(source, target, range ?? { fromOid: 1, toOid: 2 }, KEEP)
      await target.script('COMMIT')
      expect(
        await target.query(
          `SELECT oid::int8 AS oid, convert_from(lo_get(oid), 'UTF8') AS text FROM pg_largeobject_metadata`,
        ),
      ).toEqual([{ oid: 1, text: 'before' }])
      await source.script('COMMIT')
    }))

  test('keep owners, grants in the name of who granted them, and comments', async () => {
    const names = { attributes: 'login' }
    await using owner = await freshRole(await server(14), names)
    await using friend = await freshRole(await server(14), names)
    await using twin = await freshRole(await server(17), { name: owner.name })
    await using mapped = await freshRole(await server(17), names)
    await withPair(14, 17, async (pair) => {
      await pair.source.script(`
        SELECT lo_create(n) FROM generate_series(1, 8) n;
        ALTER LARGE OBJECT 2 OWNER TO ${owner.name};
        GRANT SELECT ON LARGE OBJECT 2 TO PUBLIC;
        GRANT ALL ON LARGE OBJECT 3 TO ${friend.name} WITH GRANT OPTION;
        SET ROLE ${friend.name}; GRANT UPDATE ON LARGE OBJECT 3 TO ${owner.name}; RESET ROLE;
        ALTER LARGE OBJECT 4 OWNER TO ${owner.name};
        REVOKE UPDATE ON LARGE OBJECT 4 FROM ${owner.name};
        GRANT SELECT ON LARGE OBJECT 5 TO PUBLIC; REVOKE SELECT ON LARGE OBJECT 5 FROM PUBLIC;
        COMMENT ON LARGE OBJECT 6 IS E'it''s a \\\\ "comment"\\nof two lines'`)
      expect((await copyAll(pair, { roleMap: { [friend.name]: mapped.name } })).failures).toEqual([])
      // Rights that are as they were at first are not written down on the target.
      const here = (await properties(pair.source)).map((row) => (row.oid === 5 ? { ...row, grants: [] } : row))
      const there = await properties(pair.target)
      const renamed = (grants: string[]) => grants.map((grant) => grant.replaceAll(mapped.name, friend.name)).toSorted()
      expect(there.map((row) => ({ ...row, grants: renamed(row.grants) }))).toEqual(
        here.map((row) => ({ ...row, grants: row.grants.toSorted() })),
      )
      expect(here.flatMap((row) => row.grants).join()).toContain(`${owner.name} UPDATE f by ${friend.name}`)
      await pair.source.script(`DROP OWNED BY ${owner.name}, ${friend.name}`)
      await pair.target.script(`DROP OWNED BY ${twin.name}, ${mapped.name}`)
    })
  })

  test('that the role may not read, or whose owner it may not set, are listed; the others arrive', async () => {
    await using role = await freshRole(await server(14))
    await using other = await freshRole(await server(14))
    await using newRole = await freshRole(await server(17))
    await withPair(14, 17, async ({ source, target, sourceDb, targetDb }) => {
      await source.script(`
        SELECT lo_from_bytea(n, 'x') FROM generate_series(1, 4) n;
        ALTER LARGE OBJECT 2 OWNER TO ${role.name};
        GRANT SELECT ON LARGE OBJECT 3 TO PUBLIC;
        ALTER LARGE OBJECT 4 OWNER TO ${other.name}; GRANT SELECT ON LARGE OBJECT 4 TO ${role.name};
        COMMENT ON LARGE OBJECT 1 IS 'secret'`)
      await using limited = await open(sourceDb.urlFor(role.name))
      await using limitedTarget = await open(targetDb.urlFor(newRole.name), 'target')
      const { rows, failures } = await copyAll({ source: limited, target: limitedTarget })
      expect(rows).toBe(3)
      expect(failures.map(({ oid, what }) => `${String(oid)} ${what}`).toSorted()).toEqual([
        '1 content',
        '2 owner',
        '3 owner',
        '4 grants',
        '4 owner',
      ])
      expect(failures[0]?.reason).toContain(role.name)
      expect(await target.query('SELECT count(*) AS n FROM pg_largeobject_metadata')).toEqual([{ n: 3 }])

      await target.script('SELECT lo_unlink(oid) FROM pg_largeobject_metadata')
      const kept = await copyAll({ source: limited, target: limitedTarget }, { owners: 'skip', grants: 'skip' })
      expect(kept.failures.map(({ oid }) => oid)).toEqual([1])
      await source.script(`DROP OWNED BY ${role.name}, ${other.name}`)
      await target.script(`DROP OWNED BY ${newRole.name}`)
    })
  })

  test('that exist on the target are not overwritten', () =>
    withPair(14, 17, async (pair) => {
      await pair.source.script(`SELECT lo_from_bytea(1, 'ours')`)
      await pair.target.script(`SELECT lo_from_bytea(1, 'theirs')`)
      await expect(copyAll(pair)).rejects.toMatchObject({ party: 'target' })
      await pair.target.script('ROLLBACK')
      expect(await pair.target.query(`SELECT convert_from(lo_get(1), 'UTF8') AS text`)).toEqual([{ text: 'theirs' }])
    }))

  test('are cut into ranges that hold each of them once', () =>
    withPair(14, 17, async ({ source }) => {
      expect((await readLargeObjects(source)).ranges).toEqual([])
      await source.script('SELECT lo_create((n * n + 10)::oid) FROM generate_series(1, 10) n')
      expect(await readLargeObjects(source, { perRange: 4 })).toMatchObject({
        count: 10,
        ranges: [
          { fromOid: 11, toOid: 26, count: 4 },
          { fromOid: 35, toOid: 74, count: 4 },
          { fromOid: 91, toOid: 110, count: 2 },
        ],
      })
    }))
})
