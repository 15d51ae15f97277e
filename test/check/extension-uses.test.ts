import { describe, expect, test } from 'vitest'
import { freshDatabase, freshRole, server, startServer } from '../kit/index.ts'
import type { FreshDatabase } from '../kit/index.ts'
import { apply } from './apply.ts'
import { findings, found, passes } from './support.ts'

const offline = ['offline'] as const
const online = ['online'] as const

/** PostgreSQL's own servers have only its own modules: gives one of them another's name, and thereby imitates that one. */
function rename(database: FreshDatabase, name: string) {
  return database.query(`update pg_extension set extname = '${name}' where extname = 'hstore'`)
}

test('a database with ordinary extensions in use has no findings about them', async () => {
  await using source = await freshDatabase(await server(14))
  await using target = await freshDatabase(await server(17))
  await source.query('create extension hstore; create extension pgcrypto; create extension btree_gist')
  await source.query(`create table t (a hstore, b inet); create index on t using gist (b)`)
  await source.query(`create function f() returns text language sql as 'select crypt(''x'', gen_salt(''bf''))'`)
  for (const id of ['X04', 'X08', 'X11', 'X14', 'X15', 'X17', 'X18']) {
    await passes(id, { source, target, paths: ['offline', 'online'] })
  }
})

describe('libraries that are loaded at the start (X04)', () => {
  test('a library that is used on the source and not loaded on the target is named with the whole list', async () => {
    const settings = { shared_preload_libraries: 'pg_stat_statements' }
    await using loading = await startServer({ major: 17, settings })
    await using other = await startServer({ major: 18, settings: { shared_preload_libraries: 'auto_explain' } })
    await using source = await freshDatabase(loading)
    await using target = await freshDatabase(other)
    await passes('X04', { source, target, paths: offline })
    await source.query('create extension pg_stat_statements')
    expect(await findings('X04', { source, target, paths: offline })).toEqual([
      expect.objectContaining({
        object: 'extension pg_stat_statements',
        severity: 'error',
        fix: {
          kind: 'parameter',
          side: 'target',
          name: 'shared_preload_libraries',
          value: 'auto_explain,pg_stat_statements',
          needs: 'restart',
        },
      }),
    ])
    await passes('X04', { source, target: source, paths: offline })
    await using same = await freshDatabase(other)
    await same.query('create extension pg_stat_statements')
    await passes('X04', { source: same, target, paths: offline })

    // One who may not see the setting is told so where it matters.
    await target.query('create role r_looks login')
    expect(await found('X04', { source, target: target.urlFor('r_looks'), paths: offline })).toMatchObject({
      status: 'unknown',
    })
    await source.query('drop extension pg_stat_statements')
    await passes('X04', { source, target: target.urlFor('r_looks'), paths: offline })
  }, 60_000)
})

describe('rows and tables that belong to extensions (X08, X11, X15)', () => {
  test('rows of the user in a table of an extension are not replicated', async () => {
    await using source = await freshDatabase(await server(14))
    await source.query(
      'create extension hstore; create table config (id int4, ours bool); insert into config values (1, true)',
    )
    await source.query('alter extension hstore add table config')
    // What pg_extension_config_dump does, which can be called by an extension's script alone.
    await source.query(
      `update pg_extension set extconfig = array['config'::regclass::oid], extcondition = array['WHERE NOT ours'] where extname = 'hstore'`,
    )
    await passes('X08', { source, paths: online })
    await source.query('insert into config values (2, false)')
    expect(await findings('X08', { source, paths: online })).toMatchObject([
      { object: 'public.config', severity: 'error' },
    ])
    expect(await found('X08', { source, paths: offline })).toMatchObject({ status: 'skipped' })
  })

  test('hypertables, distributed tables and the like block (imitated by a renamed module and their catalogs)', async () => {
    await using source = await freshDatabase(await server(14))
    await source.query(
      'create extension hstore; create schema _timescaledb_catalog; create table _timescaledb_catalog.hypertable (id int4)',
    )
    await rename(source, 'timescaledb')
    await passes('X11', { source, paths: offline })
    await source.query('insert into _timescaledb_catalog.hypertable values (1), (2)')
    expect(await findings('X11', { source, paths: offline })).toMatchObject([
      { object: 'extension timescaledb', severity: 'block', message: expect.stringContaining('2 hypertables') },
    ])
    await source.query(`update pg_extension set extname = 'pg_partman' where extname = 'timescaledb'`)
    await source.query('create table part_config (id int4); insert into part_config values (1)')
    expect(await findings('X11', { source, paths: offline })).toMatchObject([{ severity: 'warning' }])
  })

  test('active jobs of a scheduler would run twice (imitated by their tables)', async () => {
    await using source = await freshDatabase(await server(14))
    await source.query(
      'create schema cron; create table cron.job (jobid int8, active bool); insert into cron.job values (1, false)',
    )
    await source.query('create schema pgagent; create table pgagent.pga_job (jobenabled bool)')
    await passes('X15', { source, paths: offline })
    await source.query('update cron.job set active = true; insert into pgagent.pga_job values (true), (true)')
    expect(await findings('X15', { source, paths: offline })).toMatchObject([
      { object: 'scheduler pg_cron', fix: { name: 'cron.launch_active_jobs', value: 'off' } },
      { object: 'scheduler pgAgent', message: expect.stringMatching(/^2 active jobs of it come along/) },
    ])
  })
})

describe('what changes by version or place (X14, X16)', () => {
  test('ciphers that OpenSSL 3 has put away are found in functions', async () => {
    await using source = await freshDatabase(await server(14))
    await source.query('create extension pgcrypto')
    await source.query(
      `create function old(t bytea) returns bytea language sql as 'select encrypt(t, ''key'', ''bf-cbc/pad:pkcs'')'`,
    )
    await source.query(
      `create function fine(t bytea) returns bytea language sql as 'select encrypt(t, ''key'', ''aes'')'`,
    )
    expect(await findings('X14', { source, paths: offline })).toMatchObject([
      { object: 'function public.old(bytea)', message: expect.stringContaining('the cipher bf,') },
    ])
  })

  test("btree_gist's inet indexes change at 19, not before", async () => {
    await using source = await freshDatabase(await server(14))
    await source.query('create extension btree_gist; create table t (a inet, b cidr, c int4)')
    await source.query('create index plain on t using gist (c); create index core on t using gist (a inet_ops)')
    await passes('X16', { source, to: 19, paths: offline })
    await source.query('alter table t add constraint apart exclude using gist (b with =)')
    expect(await findings('X16', { source, to: 19, paths: offline })).toMatchObject([
      { object: 'index public.apart', message: expect.stringContaining('the constraint may find rows') },
    ])
    expect(await found('X16', { source, to: 18, paths: offline })).toMatchObject({ status: 'skipped' })
  })
})

describe('what is in the way or left behind (X17, X18)', () => {
  test('event triggers and auditing on the target are named, and the fixes turn them off', async () => {
    const newer = await server(17)
    await using role = await freshRole(newer)
    await using source = await freshDatabase(await server(14))
    await using target = await freshDatabase(newer)
    const where = { source, target: target.urlFor(role.name), paths: offline }
    await target.query('create function fires() returns event_trigger language plpgsql as $$ begin end $$')
    await target.query('create event trigger "Fires" on ddl_command_end execute function fires()')
    // pgaudit is not at hand; its setting alone can be made.
    await target.query(`alter role ${role.name} set pgaudit.log = 'read, ddl'`)
    const two = await findings('X17', where)
    expect(two.map(({ object }) => object)).toEqual(['pgaudit', 'event trigger Fires'])
    await apply(two, { target })
    await passes('X17', where)
    await apply(two.slice(1), { target }, 'undo')
    expect(await findings('X17', where)).toEqual(two.slice(1))
  })

  test('what other tools have left behind is named, and what only looks like it is not', async () => {
    await using source = await freshDatabase(await server(14))
    await source.query('create schema _app; create schema pglogical2; create table sym (id int4)')
    await passes('X18', { source, paths: offline })
    await source.query(
      'create schema _cluster; create table _cluster.sl_node (id int4); create schema bucardo; create table awsdms_ddl_audit (id int4)',
    )
    expect((await findings('X18', { source, paths: offline })).map(({ object }) => object)).toEqual([
      'table public.awsdms_ddl_audit',
      'schema bucardo',
      'schema _cluster',
    ])
  })
})
