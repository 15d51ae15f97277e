import { afterAll, beforeAll, expect, test } from 'vitest'
import { quotingOf } from '../../src/pgdump/index.ts'
import { freshDatabase, server, type FreshDatabase } from '../kit/index.ts'
import { demoDatabase, dump } from './support.ts'

let demo: FreshDatabase
beforeAll(async () => {
  demo = await demoDatabase(await server(14))
})
afterAll(() => demo[Symbol.asyncDispose]())

test('an archive shows whether all its names are quoted', async () => {
  expect(quotingOf(await dump(demo.url))).toBe('needed')
  expect(quotingOf(await dump(demo.url, { quote: 'all' }))).toBe('all')
})

test('so does one whose own names all need quotes, or are keywords', async () => {
  await using source = await freshDatabase(await server(17))
  await source.query(`
    create schema "App"; drop schema public;
    create table "App"."User" ("Id" uuid, "order" int, constraint "PK" primary key ("Id"));
    create index "IX" on "App"."User" (("order" + 1));
    create table "App"."user" ("order" int)`)
  expect(quotingOf(await dump(source.url, { quote: 'all' }))).toBe('all')
  await source.query('drop table "App"."user"')
  expect(quotingOf(await dump(source.url))).toBe('needed')
  expect(quotingOf(await dump(source.url, { quote: 'all' }))).toBe('all')
})

test('where nothing has a name, nothing tells', () => {
  expect(quotingOf({ entries: [] })).toBe('needed')
})
