import { execFile } from 'node:child_process'
import { copyFile, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

const root = fileURLToPath(new URL('../..', import.meta.url))

/** A house of two rooms in which all is well; a test plants one file more. */
const HOUSE = {
  'src/errors.ts': 'export const x = 1',
  'src/wire/index.ts': `import { x } from '../errors.ts'\nexport const wire = x`,
  'src/wire/frames.ts': 'export type Frame = string\nexport const frame = 1',
  'src/engine/index.ts': `import { wire } from '../wire/index.ts'\nexport const engine = wire`,
}

/** Runs the rules over the house with the planted files and gives the names of those that refuse it. */
async function refusals(planted: Readonly<Record<string, string>>): Promise<string[]> {
  const house = await mkdtemp(join(tmpdir(), 'pgleap-house-'))
  try {
    for (const [path, text] of Object.entries({ ...HOUSE, ...planted })) {
      await mkdir(dirname(join(house, path)), { recursive: true })
      await writeFile(join(house, path), `${text}\n`)
    }
    await symlink(join(root, 'node_modules'), join(house, 'node_modules'))
    for (const file of ['tsconfig.json', '.dependency-cruiser.cjs', 'package.json']) {
      await copyFile(join(root, file), join(house, file))
    }
    const cruise = join(root, 'scripts', 'cruise.mjs')
    const args = [cruise, '--config', '.dependency-cruiser.cjs', '--output-type', 'json', 'src']
    const output = await new Promise<string>((resolve) => {
      execFile(process.execPath, args, { cwd: house }, (_error, stdout) => resolve(stdout))
    })
    const { summary } = JSON.parse(output)
    const names: string[] = summary.violations.map((violation: { rule: { name: string } }) => violation.rule.name)
    expect(summary.totalCruised).toBeGreaterThanOrEqual(Object.keys(HOUSE).length)
    return [...new Set(names)].toSorted()
  } finally {
    await rm(house, { recursive: true, force: true })
  }
}

test('a house in order is not refused', async () => {
  expect(await refusals({})).toEqual([])
})

test.each([
  ['a value', `import { engine } from '../engine/index.ts'\nexport const y = engine`],
  ['a type', `import type { engine } from '../engine/index.ts'\nexport type Y = typeof engine`],
  ['what it exports again', `export { engine } from '../engine/index.ts'`],
  ['a module at run time', `export const y = await import('../engine/index.ts')`],
  [
    'a value, in a file with disposables',
    `import { engine } from '../engine/index.ts'\nawait using y = { [Symbol.asyncDispose]: async () => void engine }`,
  ],
])('a room that imports %s from a floor above is refused', async (_what, text) => {
  expect(await refusals({ 'src/wire/up.ts': text })).toEqual(['floor-wire'])
})

test('the lowest floor imports from no room', async () => {
  const text = `import { wire } from './wire/index.ts'\nexport const y = wire`
  expect(await refusals({ 'src/units.ts': text })).toEqual(['floor-units'])
})

test.each([
  ['a value', `import { frame } from '../wire/frames.ts'\nexport const y = frame`],
  ['a type', `import type { Frame } from '../wire/frames.ts'\nexport type Y = Frame`],
])('%s that is fetched past the door is refused', async (_what, text) => {
  expect(await refusals({ 'src/engine/window.ts': text })).toEqual(['through-the-door'])
})

test('a command that loads the library before it is called is refused', async () => {
  const text = `import { engine } from '../engine/index.ts'\nexport const y = engine`
  expect(await refusals({ 'src/cli/early.ts': text })).toEqual(['commands-load-late'])
  const late = `import type { engine } from '../engine/index.ts'\nexport type Y = typeof engine\nexport const y = import('../engine/index.ts')`
  expect(await refusals({ 'src/cli/late.ts': late })).toEqual([])
})

test('files that need each other to load are refused', async () => {
  const planted = {
    'src/wire/a.ts': `import { b } from './b.ts'\nexport const a = (): unknown => b`,
    'src/wire/b.ts': `import { a } from './a.ts'\nexport const b = (): unknown => a`,
  }
  expect(await refusals(planted)).toEqual(['no-circles'])
})

test('what ships may not import what tests it', async () => {
  const planted = {
    'src/wire/lazy.ts': `import { helper } from '../../test/helper.ts'\nexport const y = helper`,
    'test/helper.ts': 'export const helper = 1',
  }
  expect(await refusals(planted)).toEqual(['tests-stay-out'])
})

test('an import that cannot be found is refused, since no rule could judge it', async () => {
  expect(await refusals({ 'src/wire/lost.ts': `import './nowhere.ts'` })).toEqual(['resolvable'])
})
