import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { rewriteConfig, withPlace } from '../../../src/online/routing/pgbouncer-ini.ts'

const PLACE = { host: '10.0.0.2', port: 5433, database: 'shop' }

const changed = (line: string, name = 'shop') =>
  withPlace(`[databases]\n${line}\n[pgbouncer]\nx = 1`, name, PLACE)?.split('\n')[1]

describe('the line of a database', () => {
  test.each([
    ['shop = host=10.0.0.1', 'shop = port=5433 host=10.0.0.2'],
    ['shop=host=10.0.0.1 port=5432', 'shop=host=10.0.0.2 port=5433'],
    ['  shop  =  port=5432  user=app host=a', '  shop  =  port=5433  user=app host=10.0.0.2'],
    ["shop = host=a port=1 password='it''s host=x'", "shop = host=10.0.0.2 port=5433 password='it''s host=x'"],
    ['shop = host=a port=1 dbname=old pool_size=5', 'shop = host=10.0.0.2 port=5433 dbname=shop pool_size=5'],
    ['shop =', 'shop =host=10.0.0.2 port=5433'],
    ['"shop" = host=a port=1', '"shop" = host=10.0.0.2 port=5433'],
  ])('%s', (before, after) => {
    expect(changed(before)).toBe(after)
  })

  test('gets a dbname where the other side calls its database otherwise', () => {
    expect(changed('app = host=a port=1', 'app')).toBe('app = dbname=shop host=10.0.0.2 port=5433')
  })

  test('is none of a comment, of another database or of another section', () => {
    for (const line of [
      ';shop = host=a',
      '# shop = host=a',
      'shops = host=a',
      '* = host=a',
      '[users]\nshop = host=a',
    ]) {
      expect(changed(line)).toBeUndefined()
    }
  })
})

test('the file keeps its mode and all other lines, and what it was lies beside it', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'pgleap-ini-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const file = join(folder, 'pgbouncer.ini')
  const before =
    '; mine\r\n[databases]\r\nshop = host=a port=1\r\nother = host=b\r\n\r\n[pgbouncer]\r\nauth_type = any\r\n'
  writeFileSync(file, before, { mode: 0o640 })
  await rewriteConfig(file, 'shop', PLACE)
  await rewriteConfig(file, 'shop', { ...PLACE, host: '10.0.0.3' })
  expect(readFileSync(file, 'utf8')).toBe(before.replace('host=a port=1', 'host=10.0.0.3 port=5433'))
  expect(statSync(file).mode & 0o777).toBe(0o640)
  expect(readFileSync(`${file}.before-pgleap`, 'utf8')).toBe(before)
  expect(readdirSync(folder)).toHaveLength(2)
  await expect(rewriteConfig(file, 'nobody', PLACE)).rejects.toMatchObject({ code: 'online.pgbouncer-config' })
})
