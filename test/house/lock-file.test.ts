import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

test('the lock file names the packages of every platform, without which npm ci refuses it', () => {
  const script = fileURLToPath(new URL('../../scripts/complete-lock.mjs', import.meta.url))
  expect(execFileSync(process.execPath, [script, '--check'], { encoding: 'utf8' })).toBe('0 packages missing\n')
})
