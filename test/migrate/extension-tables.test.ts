import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { migrate, verify } from '../../src/index.ts'
import { freshDatabase, startServer, type OwnServer } from '../kit/index.ts'
import { contentOf } from '../matrix/content.ts'
import { expectWhole, run } from './support.ts'

/** Its tables refer against the order of their names and sizes, and one of them comes with rows of the extension's own. */
const SHELF = `
  create table z_places (id serial primary key, name text unique);
  create table b_rooms (name text primary key, place int references z_places, next text references b_rooms);
  create table a_items (id int primary key, room text references b_rooms, "Twice" int generated always as (id * 2) stored);
  create table m_settings (key text primary key, value text, ours bool not null default true);
  create table c_left (id int primary key); create table c_right (id int primary key references c_left);
  alter table c_left add foreign key (id) references c_right deferrable initially deferred;
  create sequence own_numbers; create sequence kept_numbers;
  insert into m_settings values ('unit', 'cm');
  select pg_extension_config_dump('a_items', ''); select pg_extension_config_dump('b_rooms', '');
  select pg_extension_config_dump('z_places', ''); select pg_extension_config_dump('z_places_id_seq', '');
  select pg_extension_config_dump('c_left', ''); select pg_extension_config_dump('c_right', '');
  select pg_extension_config_dump('kept_numbers', ''); select pg_extension_config_dump('m_settings', 'WHERE NOT ours')`

const USED = `
  create schema "My Shelf"; create extension shelf schema "My Shelf"; set search_path = "My Shelf";
  insert into z_places (name) values ('left'), ('right'); select nextval('kept_numbers') from generate_series(1, 7);
  insert into b_rooms values ('one', 1, 'one'), ('two', 2, 'one');
  insert into a_items select i, 'two' from generate_series(1, 40000) i; insert into m_settings values ('mine', 'x', false);
  create table public.a_orders (place int references z_places, n int); insert into public.a_orders values (1, 1)`

let server: OwnServer
let folder: string
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'pgleap-extension-'))
  chmodSync(folder, 0o755)
  mkdirSync(join(folder, 'extension'))
  writeFileSync(join(folder, 'extension/shelf.control'), `default_version = '1.0'\nrelocatable = true\n`)
  writeFileSync(join(folder, 'extension/shelf--1.0.sql'), SHELF)
  writeFileSync(join(folder, 'extension/grown.control'), `default_version = '2.0'\n`)
  for (const [version, type] of Object.entries({ '1.0': 'int', '2.0': 'bigint' })) {
    const script = `create table grown (x ${type}); select pg_extension_config_dump('grown', '')`
    writeFileSync(join(folder, `extension/grown--${version}.sql`), script)
  }
  server = await startServer({ major: 18, settings: { extension_control_path: `${folder}:$system` } })
}, 60_000)
afterAll(async () => {
  await server[Symbol.asyncDispose]()
  rmSync(folder, { recursive: true, force: true })
})

test('rows of extensions’ tables come after those that they refer to, with the sequences that the extension names', async () => {
  await using source = await freshDatabase(server)
  await using target = await freshDatabase(server)
  await run(source.url, USED)
  const report = await migrate({ source: source.url, target: target.url, jobs: 4 })
  expectWhole(report)
  expect(await contentOf(target.url)).toEqual(await contentOf(source.url))
  await target.query(`select nextval('"My Shelf".kept_numbers')`)
  expect(await verify({ source: source.url, target: target.url })).toMatchObject({ verdict: 'DIFFERENT' })
})

test('rows come into the table of a newer version of the extension, whose columns have other types', async () => {
  await using source = await freshDatabase(server)
  await using target = await freshDatabase(server)
  await run(source.url, `create extension grown version '1.0'; insert into grown values (7)`)
  const report = await migrate({ source: source.url, target: target.url })
  expect(report.failures).toEqual([])
  expect(await target.query('select x::int from grown')).toEqual([{ x: 7 }])
})
