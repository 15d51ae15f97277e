import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { EXIT_CODES } from '../../src/errors.ts'
import { codesInSource, readDoc, sources } from './codes.ts'

describe('the documentation', () => {
  test('of errors names every code that pgleap can give, and no other', () => {
    const documented = [...readDoc('errors.md').matchAll(/^\| `([a-z]+\.[a-z-]+)`/gmu)].map(([, code]) => code ?? '')
    expect(documented.toSorted()).toEqual(codesInSource())
    expect(new Set(documented).size).toBe(documented.length)
  })

  test('of events names every type of event, and no other', () => {
    const documented = [...readDoc('events.md').matchAll(/^\| `([a-z-]+)`/gmu)].map(([, type]) => type ?? '')
    const declared = ['report/events.ts', 'report/json-lines.ts'].flatMap((path) =>
      [...(sources().get(path) ?? '').matchAll(/type: '([a-z-]+)'/gu)].map(([, type]) => type ?? ''),
    )
    expect(documented.toSorted()).toEqual([...new Set(declared)].toSorted())
  })

  test('of events names every field of every event', () => {
    const rows = new Map(
      [...readDoc('events.md').matchAll(/^\| `([a-z-]+)`[^|]*\|([^|]*)\|/gmu)].map(([, type, fields]) => [
        type,
        [...(fields ?? '').matchAll(/`([a-zA-Z]+)`(?:\?)?(?: \([^)]*\))?/gu)].map(([, name]) => name),
      ]),
    )
    const declared = (sources().get('report/events.ts') ?? '').split(/^ {2}\| \{ /mu).slice(1)
    for (const text of declared) {
      const fields = [...(text.split('}')[0]?.matchAll(/([a-zA-Z]+)\??: /gu) ?? [])].map(([, name]) => name)
      const type = /type: '([a-z-]+)'/u.exec(text)?.[1]
      expect([type, rows.get(type)]).toEqual([type, fields.filter((name) => name !== 'type' && name !== 'at')])
    }
  })

  test('of exit codes names every party and its number', () => {
    const documented = [...readDoc('exit-codes.md').matchAll(/^\| +(\d+) +\| (\w+)/gmu)]
    expect(Object.fromEntries(documented.map(([, number, name]) => [name, Number(number)]))).toEqual(EXIT_CODES)
  })

  test('of the design names tests that exist', () => {
    const named = [...readDoc('design.md').matchAll(/`(test\/[^`*]+)`/gu)].map(([, path]) => path ?? '')
    const missing = named.filter((path) => !existsSync(join(import.meta.dirname, '../..', path)))
    expect(named.length).toBeGreaterThan(0)
    expect(missing).toEqual([])
  })
})
