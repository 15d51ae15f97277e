import { copyFile, cp, readdir, readFile, rename, rm, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { dump } from '../../../src/files/index.ts'
import { restore, verifyFiles } from '../../../src/files/restore/index.ts'
import type { RestoreOptions } from '../../../src/files/restore/index.ts'
import { faultProxy, queryOnce, server, type Server } from '../../kit/index.ts'
import { contentOf } from '../../matrix/content.ts'
import { dropDatabase, emptyDatabase, loadDemo, loadRoles } from '../../matrix/databases.ts'
import { expectRefusal, fingerprint, run } from '../../migrate/support.ts'
import { scratch } from './support.ts'

describe('archives of pgleap dump', () => {
  let from: Server
  let to: Server
  let source: string
  let before: string[]
  let folder: Awaited<ReturnType<typeof scratch>>
  let directory: string
  let custom: string

  beforeAll(async () => {
    folder = await scratch()
    from = await server(14)
    to = await server(17)
    await loadRoles(from)
    await loadRoles(to)
    source = await loadDemo(from, 'own_source')
    before = await contentOf(source)
    directory = folder.path('directory')
    custom = folder.path('custom')
    await dump({ source, to: directory, jobs: 2 })
    await dump({ source, to: custom, format: 'custom', compression: 'none' })
  }, 180_000)
  afterAll(async () => {
    await dropDatabase(from, 'own_source')
    await folder[Symbol.asyncDispose]()
  })
  afterEach(() => dropDatabase(to, 'own').catch(() => {}))

  const into = async (options: Partial<RestoreOptions> = {}) => {
    const target = await emptyDatabase(to, 'own')
    return { target, report: await restore({ from: directory, target, jobs: 2, ...options }) }
  }

  test('a directory comes to a newer server, and is proved to be the same without its source', async () => {
    const { target, report } = await into()
    expect(report.failures).toEqual([])
    expect(report.differences).toEqual([])
    expect(report.verdict).toBe('SAME')
    expect(report.archive).toMatchObject({ format: 'directory', manifest: 'present', database: 'own_source' })
    expect(report.tables.find(({ table }) => table === 'shop.items')).toMatchObject({ verdict: 'SAME' })
    expect(await contentOf(target)).toEqual(before)
    const again = await verifyFiles({ from: directory, target })
    expect(again.objects.filter(({ verdict }) => verdict !== 'SAME')).toEqual([])
    expect(again.verdict).toBe('SAME')

    await run(
      target,
      `update shop.items set quantity = quantity + 1 where ctid = (select min(ctid) from shop.items);
       delete from odd.no_columns;
       comment on table shop.products is 'changed';
       select lo_put(oid, 0, 'changed') from pg_largeobject_metadata order by oid limit 1;
       alter sequence CHANGED restart 4711`.replace('CHANGED', await firstSequence(target)),
    )
    const changed = await verifyFiles({ from: directory, target })
    expect(changed.verdict).toBe('DIFFERENT')
    expect(
      changed.objects.filter(({ verdict }) => verdict !== 'SAME').map(({ kind, object }) => `${kind} ${object}`),
    ).toEqual([
      'table odd.no_columns',
      'table shop.fired', // by a trigger of the items
      'table shop.items',
      `sequence ${(await firstSequence(target)).replaceAll('"', '')}`,
      'large objects all of them',
      'comment shop.TABLE products',
    ])
  }, 180_000)

  test('a custom file comes as well', async () => {
    const { target, report } = await into({ from: custom })
    expect(report.differences).toEqual([])
    expect(report.verdict).toBe('SAME')
    expect(await contentOf(target)).toEqual(before)
  }, 180_000)

  test('a file that was cut off, altered, lost or mixed up is found before anything is changed', async () => {
    const target = await emptyDatabase(to, 'own')
    const untouched = await fingerprint(target)
    const broken = folder.path('broken')
    const data = (await readdir(directory)).filter((name) => /^\d+\.dat/.test(name)).toSorted()
    const [first = '', second = ''] = data
    const damages: [string, () => Promise<void>, RegExp][] = [
      ['cut', () => truncate(join(broken, first), 10), /has 10 bytes in place of/],
      [
        'altered',
        async () => writeFile(join(broken, first), flipped(await readFile(join(broken, first)))),
        /was altered/,
      ],
      ['lost', () => rm(join(broken, second)), /is missing/],
      [
        'mixed up',
        async () => {
          await rename(join(broken, first), join(broken, 'x'))
          await rename(join(broken, second), join(broken, first))
          await rename(join(broken, 'x'), join(broken, second))
        },
        /has \d+ bytes in place of|was altered/,
      ],
      [
        'joined by what a reader takes in its place',
        () => writeFile(join(broken, first.replace(/(?<=\.dat).*/, '')), '\\.\n\n\n'),
        /\.dat is not of this dump/,
      ],
      ['of another contents', () => truncate(join(broken, 'toc.dat'), 2000), /./],
    ]
    for (const [, damage, words] of damages) {
      await rm(broken, { recursive: true, force: true })
      await cp(directory, broken, { recursive: true })
      await damage()
      const error: unknown = await restore({ from: broken, target }).catch((reason: unknown) => reason)
      expect(error).toMatchObject({ code: expect.stringMatching(/^(?:manifest\.files-differ|archive\.corrupt)$/) })
      expect(error).toHaveProperty('message', expect.stringMatching(words))
    }
    const cut = folder.path('cut')
    await copyFile(custom, cut)
    await copyFile(`${custom}.manifest.json`, `${cut}.manifest.json`)
    await truncate(cut, 50_000)
    await expect(restore({ from: cut, target })).rejects.toMatchObject({ party: 'usage' })
    expect(await fingerprint(target)).toBe(untouched)
  }, 180_000)

  test('connections that are cut again and again do not change what arrives', async () => {
    const target = await emptyDatabase(to, 'own')
    await using proxy = await faultProxy(to)
    let cuts = 0
    const report = await restore({
      from: directory,
      target: proxy.url(to.url('own')),
      jobs: 2,
      onEvent: (event) => {
        if (event.type === 'step-done' && event.step.kind === 'copy' && cuts < 6 && (cuts += 1) % 2 === 0) proxy.cut()
      },
    })
    expect(report.failures).toEqual([])
    expect(report.verdict).toBe('SAME')
    expect(await contentOf(target)).toEqual(before)
  }, 180_000)

  test('a restore that is stopped goes on by the same command, and not with another archive or other options', async () => {
    const target = await emptyDatabase(to, 'own')
    const stop = new AbortController()
    await expectRefusal(
      restore({
        from: directory,
        target,
        jobs: 1,
        signal: stop.signal,
        onEvent: (event) => {
          if (event.type === 'step-done' && event.step.kind === 'copy') stop.abort()
        },
      }),
      'run.interrupted',
      'interrupted',
    )
    await expectRefusal(restore({ from: custom, target }), 'restore.other-archive', 'usage')
    await expectRefusal(restore({ from: directory, target, owners: 'skip' }), 'resume.other-choices', 'usage')
    const report = await restore({ from: directory, target, jobs: 2 })
    expect(report.verdict).toBe('SAME')
    expect(await contentOf(target)).toEqual(before)
  }, 180_000)

  test('what the source took in after the dump is named, where the source is', async () => {
    await queryOnce(source, `insert into shop.categories values ('after.the.dump', null, '')`)
    try {
      const { report } = await into({ source })
      expect(report.sourceWrites.map(({ table }) => table)).toContain('shop.categories')
      expect(report.notices.map(({ code }) => code)).toContain('source.written')
      expect(report.verdict).toBe('SAME')
    } finally {
      await queryOnce(source, `delete from shop.categories where path = 'after.the.dump'`)
    }
  }, 180_000)
})

async function firstSequence(url: string): Promise<string> {
  const [row] = await queryOnce<{ name: string }>(
    url,
    `select format('%I.%I', schemaname, sequencename) as name from pg_sequences where schemaname = 'shop' order by 1 limit 1`,
  )
  return row?.name ?? ''
}

function flipped(bytes: Buffer): Buffer {
  const copy = Buffer.from(bytes)
  const at = Math.floor(copy.length / 2)
  copy[at] = (copy[at] ?? 0) ^ 1
  return copy
}
