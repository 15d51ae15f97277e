import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

const root = fileURLToPath(new URL('../..', import.meta.url))

test('the package holds what runs and what tells about it, and nothing that tests it', () => {
  const output = execFileSync('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], {
    cwd: root,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  const [{ files }] = JSON.parse(output)
  const paths: string[] = files.map((file: { path: string }) => file.path)
  expect(paths.filter((path) => !/^(bin|dist|docs)\//.test(path)).toSorted()).toEqual([
    'CHANGELOG.md',
    'LICENSE',
    'README.md',
    'package.json',
  ])
  expect(paths.filter((path) => /\.(?<!\.d\.)ts$|\.dev\./.test(path))).toEqual([])

  const { bin, exports } = JSON.parse(readFileSync(`${root}package.json`, 'utf8'))
  const promised = [bin.pgleap, ...Object.values<string>(exports['.'])].map((path) => path.replace(/^\.\//, ''))
  expect(promised.filter((path) => !paths.includes(path))).toEqual([])
})
