import { LineCounter, isMap, isNode, isScalar, parseDocument } from 'yaml'

/** A YAML file of the user's, with where things stand in it. */
export interface YamlText {
  /** Why it is no YAML; empty where it is some. The messages may quote the file. */
  broken: { line: number; message: string }[]
  /** What it says, for a schema to judge; undefined of an empty file. */
  value: unknown
  /** The line of a key, or of the innermost key on the path that is there at all; line 1 where none is. */
  lineOf: (keys: readonly PropertyKey[]) => number
}

/** Reads one document. Pure. */
export function readYaml(text: string): YamlText {
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false })
  const lineAt = (offset: number) => lines.linePos(offset).line
  const lineOf = (keys: readonly PropertyKey[]): number => {
    const parent = keys.length <= 1 ? document.contents : document.getIn(keys.slice(0, -1), true)
    const pair = isMap(parent) ? parent.items.find(({ key }) => isScalar(key) && key.value === keys.at(-1)) : undefined
    const node = pair === undefined ? document.getIn(keys, true) : pair.key
    if (isNode(node) && node.range) return lineAt(node.range[0])
    return keys.length === 0 ? 1 : lineOf(keys.slice(0, -1))
  }
  return {
    broken: document.errors.map(({ pos, message }) => ({ line: lineAt(pos[0]), message })),
    value: document.errors.length > 0 ? undefined : (document.toJS() ?? undefined),
    lineOf,
  }
}
