import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { openArchive } from '../../../src/archive/index.ts'
import { dump } from '../../../src/files/dump/dump.ts'
import { restore } from '../../../src/files/restore/index.ts'
import { freshDatabase, server, type FreshDatabase } from '../../kit/index.ts'
import { run } from '../../migrate/support.ts'
import { NO_TOOLS, runStock, scratch, stockTools, tocLines } from './support.ts'

/** Rows put there by a superuser: no provider of labels has to be loaded, as on a server that has lost its own. */
const LABELLED = `
  create schema s; create table s.t (id int primary key, "Secret" text); insert into s.t values (1, 'x');
  create function s.f() returns int language sql as 'select 1'; create domain s.d as int;
  create event trigger labelled on ddl_command_end when tag in ('CREATE STATISTICS') execute function s.e();
  select lo_create(oid) from generate_series(8001, 8003) oid; comment on large object 8002 is 'said';
  insert into pg_seclabel (objoid, classoid, objsubid, provider, label) values
    ('s'::regnamespace, 'pg_namespace'::regclass, 0, 'anon', 'schema'), ('s.t'::regclass, 'pg_class'::regclass, 0, 'anon', 'table'),
    ('s.t'::regclass, 'pg_class'::regclass, 2, 'anon', 'MASKED WITH VALUE ''it''''s \\one'''), ('s.t'::regclass, 'pg_class'::regclass, 2, 'sepgsql', 'b'),
    ('s.f'::regproc, 'pg_proc'::regclass, 0, 'anon', 'function'), ('s.d'::regtype, 'pg_type'::regclass, 0, 'Odd "one"', 'domain'),
    (8001, 'pg_largeobject'::regclass, 0, 'sepgsql', 'one'), (8002, 'pg_largeobject'::regclass, 0, 'sepgsql', 'two'),
    (8002, 'pg_largeobject'::regclass, 0, 'anon', 'it''s two');
  insert into pg_seclabel (objoid, classoid, objsubid, provider, label)
    select oid, 'pg_event_trigger'::regclass, 0, 'anon', 'trigger' from pg_event_trigger where evtname = 'labelled';
  insert into pg_shseclabel (objoid, classoid, provider, label)
    select oid, 'pg_database'::regclass, 'anon', 'database' from pg_database where datname = current_database()`

async function labelled(): Promise<FreshDatabase> {
  const source = await freshDatabase(await server(18))
  const trigger = `create schema s0; create function s0.e() returns event_trigger language plpgsql as 'begin end'`
  await run(source.url, `${trigger}; ${LABELLED.replace('s.e()', 's0.e()')}`)
  return source
}

const tools = stockTools()

test.skipIf(tools === undefined)('security labels are in an archive as pg_dump writes them', async () => {
  const { pgDump, pgRestore } = tools ?? NO_TOOLS
  await using source = await labelled()
  await using folder = await scratch()
  const [ours, theirs] = [folder.path('ours'), folder.path('theirs')]
  await dump({ source: source.url, to: ours })
  await runStock(pgDump, ['--dbname', source.url, '-Fd', '-f', theirs])
  const entries = async (archive: string) =>
    (await tocLines(pgRestore, archive)).filter((line) => !line.includes('SCHEMA public'))
  expect(await entries(ours)).toEqual(await entries(theirs))
  const labels = await labelsOf(ours)
  expect(labels).toEqual(await labelsOf(theirs))
  expect(labels.map(({ tag }) => tag)).toHaveLength(8)

  await dump({ source: source.url, to: `${ours}.sql`, format: 'plain' })
  await runStock(pgDump, ['--dbname', source.url, '-f', `${theirs}.sql`])
  expect(labelLines(`${ours}.sql`)).toEqual(labelLines(`${theirs}.sql`))
})

test('where no provider is loaded, each label is a failure of its own, and all else arrives', async () => {
  await using source = await labelled()
  await using folder = await scratch()
  await dump({ source: source.url, to: folder.path('archive') })
  await using target = await freshDatabase(await server(18))
  const report = await restore({ from: folder.path('archive'), target: target.url })
  for (const { message } of report.failures) expect(message).toMatch(/security label provider "[^]*" is not loaded/)
  expect(report.failures.map(({ label }) => label).toSorted()).toEqual(
    [
      `SECURITY LABEL FOR "anon" ON DATABASE "${target.name}"`,
      'SECURITY LABEL EVENT TRIGGER labelled',
      'SECURITY LABEL LARGE OBJECT 8001',
      'SECURITY LABEL LARGE OBJECT 8002',
      'SECURITY LABEL SCHEMA s',
      'SECURITY LABEL s.DOMAIN d',
      'SECURITY LABEL s.FUNCTION f()',
      'SECURITY LABEL s.TABLE t',
    ].toSorted(),
  )
  expect(report.blocked).toEqual([])
  expect(report.verdict).toBe('DIFFERENT')
  expect(report.differences.map(({ object, kind, detail }) => [object, kind, detail])).toEqual([
    ['all of them', 'large objects', '8001: other security labels; 8002: other security labels'],
    ...['SCHEMA s', 's.DOMAIN d', 's.FUNCTION f()', 's.TABLE t', 'EVENT TRIGGER labelled'].map((object) => {
      return [object, 'security label', 'missing on the target']
    }),
  ])
  expect(await target.query(`select "Secret", (select count(*)::int from pg_largeobject_metadata) from s.t`)).toEqual([
    { Secret: 'x', count: 3 },
  ])
})

async function labelsOf(path: string): Promise<{ tag: string; defn: string; owner: string | undefined }[]> {
  await using archive = await openArchive(path)
  return archive.archive.entries
    .filter(({ desc }) => desc === 'SECURITY LABEL')
    .map(({ tag, defn, owner }) => ({ tag, owner, defn: linesOf(defn) }))
}

function labelLines(path: string): string {
  return linesOf(readFileSync(path, 'utf8'))
}

/** The labels of one object by several providers come in the order of a scan, and not every name that is quoted has to be. */
function linesOf(sql: string): string {
  return sql
    .replaceAll(/"([a-z_][a-z0-9_]*)"/g, '$1')
    .split('\n')
    .filter((line) => line.startsWith('SECURITY LABEL'))
    .toSorted()
    .join('\n')
}
