import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { parseConnection } from '../../src/connection/index.ts'
import { connectClient, freshDatabase, server } from '../kit/index.ts'
import { NATIVE_PG_DUMP, dump, failure } from './support.ts'

/** A program in a folder of its own, which goes at the end of the block. */
async function program(lines: string): Promise<{ path: string; folder: string } & AsyncDisposable> {
  const folder = await mkdtemp(join(tmpdir(), 'pgleap-native-'))
  const path = join(folder, 'pg_dump')
  await writeFile(path, `#!/bin/sh\ncd ${folder}\n${lines}\n`)
  await chmod(path, 0o755)
  return { path, folder, [Symbol.asyncDispose]: () => rm(folder, { recursive: true }) }
}

const VERSION = (version: string) => `[ "$1" = --version ] && { echo "pg_dump (PostgreSQL) ${version}"; exit; }`

describe('a native pg_dump', () => {
  test('gets the password by its environment and never by its arguments', async () => {
    await using database = await freshDatabase(await server(17))
    await using fake = await program(`${VERSION('18.1')}\necho "$@" >args; env >env; echo nothing`)
    const source = parseConnection(database.server.url(database.name, 'postgres', 'pass=word, "quoted"'))
    await expect(dump(database.url, { source, pgDumpPath: fake.path })).rejects.toMatchObject({
      code: 'archive.not-an-archive',
    })
    const args = await readFile(join(fake.folder, 'args'), 'utf8')
    expect(args).not.toContain('word')
    expect(args).toContain('--section=pre-data --section=post-data --format=custom')
    const environment = (await readFile(join(fake.folder, 'env'), 'utf8')).split('\n')
    expect(environment).toContain('PGPASSWORD=pass=word, "quoted"')
    expect(environment).toContain(`PGDATABASE=${database.name}`)
    expect(environment).toContain(`PGPORT=${database.server.port}`)
  })

  test('is refused where it is older than the server, is no pg_dump, or is not there', async () => {
    await using database = await freshDatabase(await server(17))
    await using old = await program(VERSION('16.4 (Debian 16.4-1)'))
    await expect(dump(database.url, { pgDumpPath: old.path })).rejects.toMatchObject({
      code: 'pgdump.too-old',
      message: `${old.path} is pg_dump 16.4, older than the source, which is PostgreSQL 17.`,
    })
    await using other = await program('echo hello')
    await expect(dump(database.url, { pgDumpPath: other.path })).rejects.toMatchObject({ code: 'pgdump.not-found' })
    await expect(dump(database.url, { pgDumpPath: '/no/such' })).rejects.toMatchObject({
      code: 'pgdump.not-found',
      party: 'usage',
    })
  })

  test('that fails is quoted, without the password', async () => {
    await using database = await freshDatabase(await server(17))
    await using fake = await program(`${VERSION('18.1')}\necho "pg_dump: error: bad thing with hunter22" >&2; exit 1`)
    const source = parseConnection(database.server.url(database.name, 'postgres', 'hunter22'))
    await expect(dump(database.url, { source, pgDumpPath: fake.path })).rejects.toMatchObject({
      code: 'pgdump.failed',
      message: 'pg_dump could not read the schema: bad thing with ***.',
    })
  })

  test.skipIf(NATIVE_PG_DUMP === '')('ends, and its query with it, when the signal fires', async () => {
    await using database = await freshDatabase(await server(17))
    await database.query('create table busy (id int)')
    await using other = await connectClient(database.url)
    await other.query('begin; lock table busy in access exclusive mode')
    const controller = new AbortController()
    const failed = failure(dump(database.url, { signal: controller.signal, pgDumpPath: NATIVE_PG_DUMP }))
    const blocked = `select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`
    while ((await database.query(blocked)).length === 0) await sleep(20)
    controller.abort()
    expect((await failed).code).toBe('run.interrupted')
    while ((await database.query(blocked)).length > 0) await sleep(20)
  })
})
