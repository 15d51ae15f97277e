import type { CustomTypesConfig } from 'pg'
import { PgleapError } from '../errors.ts'

type Parse = (text: string) => unknown

/**
 * How values arrive in JavaScript: integers and oids as numbers, floats as numbers, json as what it holds, bytea as a
 * Buffer, arrays of these as arrays, and all else as the server's text; numeric and dates among it, which no JavaScript
 * type holds without loss.
 */
export const typeParsers: CustomTypesConfig = {
  getTypeParser: (oid: number): Parse => PARSERS.get(oid) ?? asText,
}

const asText: Parse = (text) => text
const asNumber: Parse = Number
const asBoolean: Parse = (text) => text === 't'
const asJson: Parse = (text): unknown => JSON.parse(text)
const asBytes: Parse = (text) => Buffer.from(text.slice(2), 'hex') // bytea_output is hex on our sessions
const asNumbers: Parse = (text) => (text === '' ? [] : text.split(' ').map(Number))

function asInteger(text: string): number {
  const value = Number(text)
  if (Number.isSafeInteger(value)) return value
  throw new PgleapError({
    code: 'internal.unsafe-integer',
    message: `The integer ${text} is larger than JavaScript counts exactly.`,
    hint: 'This is a bug in pgleap; please report it.',
    party: 'internal',
  })
}

function arrayOf(element: Parse): Parse {
  return (text) => parseArray(text, element)
}

/**
 * The text form of an array (PostgreSQL docs, "Array Input and Output Syntax"): elements between commas, quoted where
 * need be, NULL bare, further dimensions in braces. Bounds other than 1 (`[0:1]={...}`) are dropped.
 */
export function parseArray(text: string, element: Parse): unknown[] {
  const tokens = /[{},]|"((?:[^"\\]|\\.)*)"|(?:[^{},"\\]|\\.)+/gs
  const outer: unknown[][] = []
  let current: unknown[] = []
  for (const match of text.slice(text.indexOf('{')).matchAll(tokens)) {
    const [token, quoted] = match
    if (token === '{') {
      outer.push(current)
      current = []
    } else if (token === '}') {
      const done = current
      current = outer.pop() ?? []
      if (outer.length === 0) return done
      current.push(done)
    } else if (token !== ',') {
      if (quoted === undefined) current.push(token === 'NULL' ? null : element(token))
      else current.push(element(quoted.replaceAll(/\\(.)/gs, '$1')))
    }
  }
  return current
}

/** By the fixed oids of pg_type.dat: the type's, then its array's. */
const PARSERS: ReadonlyMap<number, Parse> = new Map(
  (
    [
      [16, 1000, asBoolean],
      [17, 1001, asBytes],
      [18, 1002, asText],
      [19, 1003, asText],
      [20, 1016, asInteger],
      [21, 1005, asNumber],
      [22, 1006, asNumbers],
      [23, 1007, asNumber],
      [25, 1009, asText],
      [26, 1028, asNumber],
      [30, 1013, asNumbers],
      [114, 199, asJson],
      [700, 1021, asNumber],
      [701, 1022, asNumber],
      [1042, 1014, asText],
      [1043, 1015, asText],
      [1700, 1231, asText],
      [2205, 2210, asText],
      [2206, 2211, asText],
      [2950, 2951, asText],
      [3802, 3807, asJson],
    ] as const
  ).flatMap(([oid, array, parse]): [number, Parse][] => [
    [oid, parse],
    [array, arrayOf(parse)],
  ]),
)
