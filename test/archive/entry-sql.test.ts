import { describe, expect, test } from 'vitest'
import { archiveSettings, entrySql, ownerSql } from '../../src/archive/index.ts'
import { archiveOf, entryOf, plainEntry } from './sample.ts'

describe('the statements of an entry', () => {
  test('set tablespace and access method, make the object, and give it to its owner', () => {
    const entry = entryOf({ tablespace: 'Fast Disk', owner: 'o"k' })
    expect(entrySql(entry)).toEqual([
      'SET default_tablespace = "Fast Disk";',
      'SET default_table_access_method = "heap";',
      'CREATE TABLE shop.orders (id integer);',
      'ALTER TABLE "shop"."orders" OWNER TO "o""k";',
    ])
  })

  test('set the default tablespace where the object lies there, and none where it lies in none', () => {
    expect(entrySql(entryOf())[0]).toBe("SET default_tablespace = '';")
    const view = entryOf({ desc: 'VIEW', tablespace: undefined, tableAccessMethod: undefined, defn: 'CREATE VIEW v;' })
    expect(entrySql(view, { owners: 'skip' })).toEqual(['CREATE VIEW v;'])
  })

  test('tell a partitioned table its access method after it was made', () => {
    expect(entrySql(entryOf({ relkind: 'p', tableAccessMethod: 'Col' }), { owners: 'skip' })).toEqual([
      "SET default_tablespace = '';",
      'CREATE TABLE shop.orders (id integer);',
      'ALTER TABLE "shop"."orders" SET ACCESS METHOD "Col";',
    ])
  })

  test('leave out what the options leave out', () => {
    const none = { owners: 'skip', tablespaces: 'skip', accessMethods: 'skip' } as const
    expect(entrySql(entryOf(), none)).toEqual(['CREATE TABLE shop.orders (id integer);'])
    expect(entrySql(entryOf({ relkind: 'p' }), none)).toHaveLength(1)
    const grant = plainEntry({ desc: 'ACL', tag: 'TABLE orders', defn: 'GRANT SELECT ON TABLE o TO p;', dropStmt: '' })
    expect(entrySql(grant)).toHaveLength(1)
    expect(entrySql(grant, { privileges: 'skip' })).toEqual([])
    expect(entrySql(plainEntry({ desc: 'COMMENT', defn: 'COMMENT' }), { comments: 'skip' })).toEqual([])
    expect(entrySql(plainEntry({ desc: 'SECURITY LABEL', defn: 'x' }), { securityLabels: 'skip' })).toEqual([])
    expect(entrySql(plainEntry({ desc: 'PUBLICATION TABLE', defn: 'x' }), { publications: 'skip' })).toEqual([])
  })

  test('say nothing of a publication or a subscription that is left out', () => {
    for (const desc of ['COMMENT', 'SECURITY LABEL']) {
      const entry = plainEntry({ desc, tag: 'SUBSCRIPTION far', defn: 'x' })
      expect(entrySql(entry, {})).toHaveLength(1)
      expect(entrySql(entry, { publications: 'skip' })).toHaveLength(1)
      expect(entrySql(entry, { subscriptions: 'skip' })).toEqual([])
    }
  })

  test('give no owner to an object that is left out', () => {
    const subscription = plainEntry({ desc: 'SUBSCRIPTION', defn: 'CREATE', dropStmt: 'DROP' })
    expect(ownerSql(subscription, {})).toHaveLength(1)
    expect(ownerSql(subscription, { subscriptions: 'skip' })).toEqual([])
    expect(ownerSql(plainEntry({ desc: 'DATABASE', dropStmt: 'DROP' }), {})).toEqual([])
  })

  test.each([
    ['FUNCTION', 'DROP FUNCTION shop.f(integer, "My Type");\n', 'FUNCTION shop.f(integer, "My Type")'],
    ['OPERATOR CLASS', 'DROP OPERATOR CLASS shop.o USING btree;\n', 'OPERATOR CLASS shop.o USING btree'],
    ['AGGREGATE', 'DROP AGGREGATE shop.a(*);\n', 'AGGREGATE shop.a(*)'],
  ])('name the owner of a %s as its DROP statement does', (desc, dropStmt, object) => {
    expect(ownerSql(entryOf({ desc, dropStmt }), {})).toEqual([`ALTER ${object} OWNER TO "anna";`])
  })

  test.each(['INDEX', 'FK CONSTRAINT', 'TRIGGER', 'DEFAULT', 'POLICY', 'CAST', 'KIND OF THE FUTURE'])(
    'change no owner of a %s, which has none or is unknown',
    (desc) => {
      expect(ownerSql(entryOf({ desc }), {})).toEqual([])
    },
  )

  test('change no owner of what cannot be dropped by itself', () => {
    expect(ownerSql(entryOf({ desc: 'TYPE', dropStmt: '' }), {})).toEqual([])
  })

  test('make no schema public where it is there, but change its owner', () => {
    const comment = '-- *not* creating schema, since initdb creates it\n'
    const schema = plainEntry({ desc: 'SCHEMA', tag: 'public', defn: comment, dropStmt: 'DROP SCHEMA public;\n' })
    expect(entrySql(schema)).toEqual(['ALTER SCHEMA "public" OWNER TO "anna";'])
    expect(entrySql({ ...schema, defn: 'CREATE SCHEMA public;\n' }, { owners: 'skip' })).toEqual([
      'CREATE SCHEMA IF NOT EXISTS public;',
    ])
  })

  test('name no owner in CREATE SCHEMA where owners are left out', () => {
    const schema = plainEntry({ desc: 'SCHEMA', tag: 'Odd', defn: 'CREATE SCHEMA "Odd" AUTHORIZATION anna;' })
    expect(entrySql(schema, { owners: 'skip' })).toEqual(['CREATE SCHEMA "Odd";'])
  })

  test('set a search path for each entry of an archive that has none', () => {
    const options = { searchPath: 'per-entry', owners: 'skip', tablespaces: 'skip', accessMethods: 'skip' } as const
    expect(entrySql(entryOf(), options)[0]).toBe('SET search_path = "shop", pg_catalog;')
    expect(entrySql(entryOf({ namespace: 'pg_catalog' }), options)[0]).toBe('SET search_path = pg_catalog;')
    expect(entrySql(plainEntry({}), options)).toHaveLength(1)
  })

  test('make each large object of a list, and give each to its owner', () => {
    const blobs = plainEntry({ desc: 'BLOB METADATA', tag: '5..7', defn: '5\n7\n', dropStmt: 'x' })
    expect(entrySql(blobs)).toEqual([
      "SELECT pg_catalog.lo_create('5');",
      "SELECT pg_catalog.lo_create('7');",
      'ALTER LARGE OBJECT 5 OWNER TO "anna";',
      'ALTER LARGE OBJECT 7 OWNER TO "anna";',
    ])
    const one = plainEntry({ desc: 'BLOB', tag: '5', defn: "SELECT pg_catalog.lo_create('5');", dropStmt: 'x' })
    expect(ownerSql(one, {})).toEqual(['ALTER LARGE OBJECT 5 OWNER TO "anna";'])
  })

  test.each(['ENCODING', 'STDSTRINGS', 'SEARCHPATH', 'DATABASE', 'DATABASE PROPERTIES'])('are none for %s', (desc) => {
    expect(entrySql(plainEntry({ desc, defn: 'SELECT 1;' }))).toEqual([])
  })
})

test('what never runs can be asked for', () => {
  const archive = archiveOf([
    plainEntry({ desc: 'ENCODING', defn: "SET client_encoding = 'LATIN1';\n" }),
    plainEntry({ dumpId: 2, desc: 'STDSTRINGS', defn: "SET standard_conforming_strings = 'on';\n" }),
    plainEntry({ dumpId: 3, desc: 'SEARCHPATH', defn: "SELECT pg_catalog.set_config('search_path', '', false);\n" }),
    plainEntry({ dumpId: 4, desc: 'DATABASE', defn: 'CREATE DATABASE shop;\n' }),
  ])
  expect(archiveSettings(archive)).toEqual({
    clientEncoding: 'LATIN1',
    standardConformingStrings: 'on',
    searchPath: "SELECT pg_catalog.set_config('search_path', '', false);",
    database: 'CREATE DATABASE shop;\n',
    databaseProperties: undefined,
  })
  expect(archiveSettings(archiveOf([]))).toMatchObject({
    clientEncoding: 'SQL_ASCII',
    standardConformingStrings: 'off',
    searchPath: undefined,
  })
})
