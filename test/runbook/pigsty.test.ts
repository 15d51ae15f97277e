import { describe, expect, test } from 'vitest'
import { parseConnection } from '../../src/connection/index.ts'
import { PgleapError } from '../../src/errors.ts'
import { parsePigstyTask } from '../../src/runbook/pigsty.ts'

const TASK = `---
context_dir: ~/migration
src_cls: pg-meta
src_db: meta
src_ip: 10.10.10.10
dst_cls: pg-test
dst_db: test
dst_ip: 10.10.10.11
pg_dbsu: postgres
pg_replication_username: replicator
pg_replication_password: DBUser.Replicator
pg_admin_username: dbuser_dba
pg_admin_password: DBUser.DBA
pg_monitor_username: dbuser_monitor
pg_monitor_password: DBUser.Monitor
...
`

function end(connection: string) {
  return parseConnection(connection, { env: { HOME: '/nonexistent' } })
}

function read(text: string) {
  const { task, notes } = parsePigstyTask(text, 'pg-meta.yml')
  return { ...task, notes, source: end(task.source).describe(), target: end(task.target).describe(), task }
}

describe("a migration task of Pigsty's", () => {
  test('gives both ends, as its administrator', () => {
    expect(read(TASK)).toMatchObject({
      source: 'dbuser_dba@10.10.10.10:5432/meta',
      target: 'dbuser_dba@10.10.10.11:5432/test',
    })
  })

  test('loses its passwords, and says where they belong', () => {
    const { task, notes } = read(TASK)
    expect(JSON.stringify({ task, notes })).not.toContain('DBUser.')
    expect(notes).toEqual([expect.objectContaining({ code: 'pigsty.password' })])
    expect(notes[0]?.message).toContain('pg_admin_password')
  })

  test('may name its connections, and how the target reaches the source', () => {
    const { task, notes, source, target } = read(`${TASK.replace(/\.\.\.\n$/u, '')}
src_pg: 'postgres://su:DBUser.Src@old.example:6543/meta?sslmode=require'
dst_pg: host=new.example user=su password=DBUser.Dst dbname=test
sub_conn: 'host=10.0.0.1 dbname=meta user=replicator password=DBUser.Sub'
`)
    expect({ source, target }).toEqual({
      source: 'su@old.example:6543/meta',
      target: 'su@new.example:5432/test',
    })
    expect(task.source).toContain("sslmode='require'")
    expect(parseConnection(task.sourceFromTarget ?? '').describe()).toBe('replicator@10.0.0.1:5432/meta')
    expect(JSON.stringify({ task, notes })).not.toContain('DBUser.')
    expect(notes[0]?.message).toMatch(/src_pg.*dst_pg.*sub_conn/u)
  })

  test('may have what its role knows beside, and is warned about what nobody knows', () => {
    const { notes, source } = read(`${TASK.replace(/.*_password.*\n/gu, '').replace('...\n', '')}
src_list: [10.10.10.12]
src_port: 6432
dst_dns: pg-test
dst_databse: typo
`)
    expect(source).toBe('dbuser_dba@10.10.10.10:6432/meta')
    expect(notes.map(({ code, message }) => [code, message])).toEqual([
      ['pigsty.unknown-key', expect.stringContaining('"dst_databse"')],
    ])
  })

  test.each([
    ['lacks what is required', TASK.replace('src_ip: 10.10.10.10', '').replace('dst_db: test', ''), /src_ip.*dst_db/u],
    ['has a template in it', TASK.replace('10.10.10.10', '"{{ ip }}"'), /src_ip is a template/u],
    ['is no YAML', `${TASK.replace('...\n', '')}a: "secret`, /line \d+ is no YAML/u],
    ['is a list', '- a', /no keys/u],
    ['is empty', '', /src_cls is missing/u],
  ])('that %s is refused without quoting it', (_what, text, message) => {
    let refused: unknown
    try {
      parsePigstyTask(text, 'pg-meta.yml')
    } catch (error) {
      refused = error
    }
    if (!(refused instanceof PgleapError)) throw new Error('not refused')
    expect(refused.code).toBe('usage.pigsty-file')
    expect(refused.message).toMatch(message)
    expect(refused.message).not.toMatch(/DBUser|secret/u)
  })
})
