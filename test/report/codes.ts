import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

const root = join(import.meta.dirname, '../..')

export function readDoc(name: string): string {
  return readFileSync(join(root, 'docs', name), 'utf8')
}

/** The text of every TypeScript file of src/, by path. */
export function sources(): Map<string, string> {
  const paths = readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' })
  const files = paths.filter((path) => path.endsWith('.ts'))
  return new Map(files.map((path) => [path, readFileSync(join(root, 'src', path), 'utf8')]))
}

/**
 * Every error and notice code that src/ can give: literals of the form `area.what` whose area some `code: '...'` has, and
 * the codes that connection/errors.ts puts together from a side and a word.
 */
export function codesInSource(): string[] {
  const texts = [...sources().values()]
  const areas = new Set(
    texts.flatMap((text) =>
      [...text.matchAll(/(?:code: |const [A-Z_]+ = )'([a-z]+)\.[a-z-]+'/gu)].map(([, area]) => area),
    ),
  )
  const literals = texts.flatMap((text) => [...text.matchAll(/'([a-z]+)\.([a-z-]+)'/gu)])
  const codes = literals.filter(([, area, what]) => areas.has(area) && what !== 'sql').map(([literal]) => literal)
  return [...new Set([...codes.map((code) => code.slice(1, -1)), ...sideCodes()])].toSorted()
}

function sideCodes(): string[] {
  const text = sources().get('connection/errors.ts') ?? ''
  const table = /const CODES[^{]*\{([^}]*)\}/u.exec(text)?.[1] ?? ''
  const words = [...table.matchAll(/'([a-z-]+)'/gu)].map(([, word]) => word ?? '')
  return ['source', 'target'].flatMap((side) => ['refused', ...words].map((word) => `${side}.${word}`))
}
