import { readFileSync } from 'node:fs'

/** The version of this pgleap, for the ledger. */
export function pgleapVersion(): string {
  const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8')
  return /"version": "([^"]+)"/.exec(text)?.[1] ?? 'unknown'
}
