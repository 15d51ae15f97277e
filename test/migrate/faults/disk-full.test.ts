import { execFileSync } from 'node:child_process'
import { chownSync, mkdtempSync, rmdirSync } from 'node:fs'
import { onTestFinished, expect, test } from 'vitest'
import { freshDatabase, queryOnce, startServer } from '../../kit/index.ts'
import { serverAccount } from '../../kit/account.ts'
import { contentOf } from '../../matrix/content.ts'
import { PART_SIZE, QUIET, hasLedger, runPgleap, tables } from './scene.ts'

/** A file system of a few megabytes; only root may mount one, and not in every container. */
function smallDisk(): { directory: string; grow: () => void } | undefined {
  const account = serverAccount()
  if (account === undefined) return undefined
  const directory = mkdtempSync('/tmp/pgleap-disk-')
  try {
    execFileSync('/bin/mount', ['-t', 'tmpfs', '-o', 'size=16m', 'tmpfs', directory], { stdio: 'ignore' })
  } catch {
    rmdirSync(directory)
    return undefined
  }
  chownSync(directory, account.uid, account.gid)
  onTestFinished(() => {
    execFileSync('/bin/umount', ['--lazy', directory])
    rmdirSync(directory)
  })
  return { directory, grow: () => execFileSync('/bin/mount', ['-o', 'remount,size=200m', directory]) }
}

test('a full disk on the target ends the run with one clear error, and it is resumed with more room', async ({
  skip,
}) => {
  const disk = smallDisk()
  skip(disk === undefined, 'no file system can be mounted here')
  await using from = await startServer({ major: 14, settings: QUIET })
  await using to = await startServer({ major: 17 })
  await using source = await freshDatabase(from)
  await source.query(tables({ rows: 60_000 }))
  // Only the database is on the small disk: a server whose log has no room left crashes.
  await queryOnce(to.url(), `create tablespace small location '${disk?.directory}'`)
  await using target = await freshDatabase(to, { with: 'tablespace small' })

  const full = await runPgleap(['migrate', source.url, target.url, '--part-size', String(PART_SIZE)])
  expect(full).toMatchObject({
    code: 4,
    error: { code: 'target.disk-full', hint: expect.stringContaining('Free space') },
  })
  expect(await hasLedger(target.url)).toBe(true)

  disk?.grow()
  const again = await runPgleap(['resume', target.url])
  expect(again).toMatchObject({ code: 0, error: undefined, result: { verdict: 'SAME' } })
  expect(await contentOf(target.url)).toEqual(await contentOf(source.url))
})
