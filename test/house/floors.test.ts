import { execFile } from 'node:child_process'
import { copyFile, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { beforeAll, expect, test } from 'vitest'

const root = fileURLToPath(new URL('../..', import.meta.url))

/** A house of two rooms in which all is well. */
const HOUSE = {
  'src/errors.ts': 'export const x = 1',
  'src/wire/index.ts': `import { x } from '../errors.ts'\nexport const wire = x`,
  'src/wire/frames.ts': 'export type Frame = string\nexport const frame = 1',
  'src/engine/index.ts': `import { wire } from '../wire/index.ts'\nexport const engine = wire`,
}

const ENGINE = '../engine/index.ts'

/** What is planted in it: files, and the rules that are to refuse them. */
const PLANTED: readonly [what: string, files: Readonly<Record<string, string>>, refused: readonly string[]][] = [
  [
    'a value from a floor above',
    { 'src/wire/value.ts': `import { engine } from '${ENGINE}'\nexport const y = engine` },
    ['floor-wire'],
  ],
  [
    'a type from a floor above',
    { 'src/wire/type.ts': `import type { engine } from '${ENGINE}'\nexport type Y = typeof engine` },
    ['floor-wire'],
  ],
  [
    'what is exported again from a floor above',
    { 'src/wire/again.ts': `export { engine } from '${ENGINE}'` },
    ['floor-wire'],
  ],
  [
    'a module from a floor above at run time',
    { 'src/wire/late.ts': `export const y = await import('${ENGINE}')` },
    ['floor-wire'],
  ],
  [
    'a value from a floor above, in a file with disposables',
    {
      'src/wire/using.ts': `import { engine } from '${ENGINE}'\nawait using y = { [Symbol.asyncDispose]: async () => void engine }`,
    },
    ['floor-wire'],
  ],
  [
    'a room, on the lowest floor',
    { 'src/units.ts': `import { wire } from './wire/index.ts'\nexport const y = wire` },
    ['floor-units'],
  ],
  [
    'a value past the door',
    { 'src/engine/window.ts': `import { frame } from '../wire/frames.ts'\nexport const y = frame` },
    ['through-the-door'],
  ],
  [
    'a type past the door',
    { 'src/engine/chimney.ts': `import type { Frame } from '../wire/frames.ts'\nexport type Y = Frame` },
    ['through-the-door'],
  ],
  [
    'the library, in a command, before it is called',
    { 'src/cli/early.ts': `import { engine } from '${ENGINE}'\nexport const y = engine` },
    ['commands-load-late'],
  ],
  [
    'the library, in a command, once it is called',
    {
      'src/cli/late.ts': `import type { engine } from '${ENGINE}'\nexport type Y = typeof engine\nexport const y = import('${ENGINE}')`,
    },
    [],
  ],
  [
    'a file that needs this one to load',
    {
      'src/wire/a.ts': `import { b } from './b.ts'\nexport const a = (): unknown => b`,
      'src/wire/b.ts': `import { a } from './a.ts'\nexport const b = (): unknown => a`,
    },
    ['no-circles'],
  ],
  [
    'what tests it',
    {
      'src/wire/lazy.ts': `import { helper } from '../../test/helper.ts'\nexport const y = helper`,
      'test/helper.ts': 'export const helper = 1',
    },
    ['tests-stay-out'],
  ],
  ['what no rule can judge, since it is not there', { 'src/wire/lost.ts': `import './nowhere.ts'` }, ['resolvable']],
]

interface Violation {
  from: string
  rule: { name: string }
}

let cruised = 0
let violations: readonly Violation[] = []

/** One run of the rules over the house with all that is planted: a run for each would take a minute. */
beforeAll(async () => {
  const house = await mkdtemp(join(tmpdir(), 'pgleap-house-'))
  try {
    const files = [HOUSE, ...PLANTED.map(([, planted]) => planted)].flatMap((some) => Object.entries(some))
    for (const [path, text] of files) {
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
    cruised = summary.totalCruised
    violations = summary.violations
  } finally {
    await rm(house, { recursive: true, force: true })
  }
})

/** The names of the rules that refuse one of the files. */
function refusals(files: Readonly<Record<string, string>>): string[] {
  const names = violations.filter(({ from }) => Object.hasOwn(files, from)).map(({ rule }) => rule.name)
  return [...new Set(names)].toSorted()
}

test('a house in order is not refused', () => {
  expect(cruised).toBeGreaterThanOrEqual(Object.keys(HOUSE).length + PLANTED.length)
  expect(refusals(HOUSE)).toEqual([])
})

test.each(PLANTED)('a file that imports %s is judged', (_what, files, refused) => {
  expect(refusals(files)).toEqual(refused)
})
