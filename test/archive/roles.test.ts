import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { entrySql, ownersOf, rolesOf, type Entry } from '../../src/archive/index.ts'
import { quoteIdent } from '../../src/sql.ts'
import { archiveOf, entryOf, plainEntry } from './sample.ts'

const RENAMED = new Map([
  ['anna', 'Anna B.'],
  ['Old "Role"', 'new'],
  ['to', 'from'],
  ['public', 'private'],
])

function mapped(desc: string, defn: string): string | undefined {
  return entrySql(plainEntry({ desc, defn, dropStmt: '' }), { roleMap: RENAMED })[0]
}

function roles(desc: string, defn: string): string[] {
  return [...rolesOf(plainEntry({ desc, defn }))]
}

describe('a role map', () => {
  test.each([
    ['ACL', 'GRANT SELECT ON TABLE anna.anna TO anna;', 'GRANT SELECT ON TABLE anna.anna TO "Anna B.";'],
    [
      'ACL',
      'REVOKE ALL ON TABLE t FROM PUBLIC;\nGRANT ALL ON TABLE t TO "Old ""Role""" WITH GRANT OPTION;',
      'REVOKE ALL ON TABLE t FROM PUBLIC;\nGRANT ALL ON TABLE t TO "new" WITH GRANT OPTION;',
    ],
    [
      'ACL',
      'GRANT ALL ON FUNCTION f(a anna, b text) TO anna, bert GRANTED BY anna;',
      'GRANT ALL ON FUNCTION f(a anna, b text) TO "Anna B.", bert GRANTED BY "Anna B.";',
    ],
    [
      'ACL',
      'SET SESSION AUTHORIZATION anna;\nGRANT SELECT(anna) ON TABLE t TO "to";\nRESET SESSION AUTHORIZATION;',
      'SET SESSION AUTHORIZATION "Anna B.";\nGRANT SELECT(anna) ON TABLE t TO "from";\nRESET SESSION AUTHORIZATION;',
    ],
    ['ACL', "SET SESSION AUTHORIZATION 'anna';", 'SET SESSION AUTHORIZATION "Anna B.";'],
    [
      'DEFAULT ACL',
      'ALTER DEFAULT PRIVILEGES FOR ROLE anna IN SCHEMA anna GRANT SELECT ON TABLES TO anna;',
      'ALTER DEFAULT PRIVILEGES FOR ROLE "Anna B." IN SCHEMA anna GRANT SELECT ON TABLES TO "Anna B.";',
    ],
    [
      'POLICY',
      "CREATE POLICY p ON t FOR SELECT TO anna, bert USING ((who = 'to anna') AND (id IN ( SELECT x FROM anna)));",
      'CREATE POLICY p ON t FOR SELECT TO "Anna B.", bert USING ((who = \'to anna\') AND (id IN ( SELECT x FROM anna)));',
    ],
    [
      'USER MAPPING',
      'CREATE USER MAPPING FOR anna SERVER anna OPTIONS (\n    "user" \'anna\'\n);',
      'CREATE USER MAPPING FOR "Anna B." SERVER anna OPTIONS (\n    "user" \'anna\'\n);',
    ],
    [
      'ACL',
      'GRANT SELECT ON TABLE "x TO anna" TO bert; -- TO anna',
      'GRANT SELECT ON TABLE "x TO anna" TO bert; -- TO anna',
    ],
    ['COMMENT', "COMMENT ON TABLE t IS 'GRANT x TO anna';", "COMMENT ON TABLE t IS 'GRANT x TO anna';"],
    ['FUNCTION', 'CREATE FUNCTION f() AS $$ GRANT x TO anna $$;', 'CREATE FUNCTION f() AS $$ GRANT x TO anna $$;'],
  ])('renames roles in the text of %s entries: %s', (desc, defn, expected) => {
    expect(mapped(desc, defn)).toBe(expected)
  })

  test('renames owners', () => {
    expect(entrySql(entryOf(), { roleMap: RENAMED }).at(-1)).toBe('ALTER TABLE "shop"."orders" OWNER TO "Anna B.";')
  })

  test('renames each role of a grant and nothing else, whatever it is called', () => {
    const name = fc
      .string({ unit: 'grapheme', minLength: 1, maxLength: 12 })
      .filter((text) => !/[\0\s]|^public$/.test(text))
    fc.assert(
      fc.property(name, name, name, name, (table, oldRole, newRole, other) => {
        fc.pre(other !== oldRole)
        const text = (role: string) =>
          `GRANT SELECT(${quoteIdent(oldRole)}) ON TABLE ${quoteIdent(table)}.${quoteIdent(oldRole)} TO ${quoteIdent(role)} GRANTED BY ${quoteIdent(other)};`
        const entry = plainEntry({ desc: 'ACL', defn: text(oldRole) })
        expect(entrySql(entry, { roleMap: new Map([[oldRole, newRole]]) })).toEqual([text(newRole)])
        expect(rolesOf(entry)).toEqual(new Set([oldRole, other]))
      }),
    )
  })

  test('leaves any text as it is where no role of it is renamed', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (defn) => {
        const options = { roleMap: new Map([['no such role', 'x']]) }
        const entry = plainEntry({ desc: 'ACL', defn: `x${defn}x` })
        expect(entrySql(entry, options)).toEqual(entrySql(entry))
      }),
    )
  })
})

describe('the roles that an archive needs', () => {
  test('are its owners, where an object has one of its own', () => {
    const index: Entry = entryOf({ dumpId: 2, desc: 'INDEX', owner: 'indexed' })
    const data: Entry = entryOf({ dumpId: 3, desc: 'TABLE DATA', owner: 'data', dropStmt: '' })
    const type: Entry = entryOf({ dumpId: 4, desc: 'TYPE', owner: 'typed' })
    expect(ownersOf(archiveOf([entryOf(), index, data, type]))).toEqual(new Set(['anna', 'typed']))
  })

  test('are those that grants, policies and user mappings name; PUBLIC and the like are none', () => {
    expect(roles('ACL', 'GRANT ALL ON TABLE t TO PUBLIC;\nGRANT ALL ON TABLE t TO anna;')).toEqual(['anna'])
    expect(roles('ACL', 'GRANT ALL ON TABLE t TO "PUBLIC";')).toEqual(['PUBLIC'])
    expect(roles('POLICY', 'CREATE POLICY p ON t TO CURRENT_USER, bert USING (true);')).toEqual(['bert'])
    expect(roles('POLICY', "CREATE POLICY p ON t USING ((a > '1 0'::interval day to hour));")).toEqual([])
    expect(roles('USER MAPPING', 'CREATE USER MAPPING FOR PUBLIC SERVER s;')).toEqual([])
    expect(roles('USER MAPPING', 'CREATE USER MAPPING FOR "public" SERVER s;')).toEqual([])
    expect(roles('TABLE', 'CREATE TABLE t;')).toEqual([])
  })
})
