import { InvalidArgumentError, Option } from 'commander'
import type { Command } from 'commander'

/**
 * How one key of a library options object looks on the command line: an option that takes a value, or a flag that
 * stands for one value.
 */
export type OptionSpec<V> =
  | { flags: string; help: string; parse: (text: string, before: V | undefined) => V }
  | { flags: string; help: string; means: V }

/**
 * A spec for every key of an options object, checked by the compiler in both directions: an option that the library
 * does not have does not compile, nor does a key without a spec. `null` is a key that is not an option: an argument, or
 * what the command line itself gives.
 */
export type OptionSpecs<O> = { [K in keyof O]-?: OptionSpec<NonNullable<O[K]>> | null }

/** Adds the options to a command. The returned object fills as the command line is parsed. */
export function addOptions<O extends object>(command: Command, specs: OptionSpecs<O>): Partial<O> {
  const values: Partial<O> = {}
  for (const key of Object.keys(specs)) {
    if (isKeyOf(specs, key)) addOption(command, key, specs[key], values)
  }
  return values
}

function addOption<O extends object, K extends keyof O>(
  command: Command,
  key: K,
  spec: OptionSpec<NonNullable<O[K]>> | null,
  values: Partial<O>,
): void {
  if (spec === null) return
  const option = new Option(spec.flags, spec.help)
  command.addOption(option)
  if ('means' in spec) command.on(`option:${option.name()}`, () => (values[key] = spec.means))
  else option.argParser((text) => (values[key] = spec.parse(text, values[key] ?? undefined)))
}

function isKeyOf<O extends object>(object: O, key: string): key is Extract<keyof O, string> {
  return Object.hasOwn(object, key)
}

/** One of some words. */
export function oneOf<W extends string>(...words: readonly W[]): (text: string) => W {
  return (text) => {
    const word = words.find((candidate) => candidate === text)
    if (word === undefined) throw new InvalidArgumentError(`'${text}' is none of ${words.join(', ')}`)
    return word
  }
}

/** A whole number of at least 1. */
export function positive(text: string): number {
  const value = Number(text)
  if (!/^\d+$/u.test(text) || value < 1 || !Number.isSafeInteger(value)) {
    throw new InvalidArgumentError(`'${text}' is no whole number above 0`)
  }
  return value
}

/** Collects an option that may be given more than once. */
export function repeated(text: string, before: readonly string[] | undefined): readonly string[] {
  return [...(before ?? []), text]
}

/** `old=new`, more than once; the first `=` cuts. */
export function renaming(text: string, before: Readonly<Record<string, string>> | undefined): Record<string, string> {
  const cut = text.indexOf('=')
  const [from, to] = [text.slice(0, Math.max(cut, 0)), text.slice(cut + 1)]
  if (from === '' || to === '') throw new InvalidArgumentError(`'${text}' is not of the form old=new`)
  return { ...before, [from]: to }
}

const SIZE_UNITS = { '': 1, b: 1, kb: 1024, mb: 1024 ** 2, gb: 1024 ** 3, tb: 1024 ** 4 } as const

/** A size in bytes with an optional unit, as PostgreSQL counts them: `64MB`, `1.5GB`. */
export function byteSize(text: string): number {
  const [, digits = '', unit = ''] = /^(\d+(?:\.\d+)?)\s*([a-z]*)$/u.exec(text.toLowerCase()) ?? []
  const factor = isKeyOf(SIZE_UNITS, unit) ? SIZE_UNITS[unit] : undefined
  const bytes = Math.round(Number(digits) * (factor ?? 0))
  if (digits === '' || factor === undefined || bytes < 1) {
    throw new InvalidArgumentError(`'${text}' is no size; 64MB or 1.5GB are`)
  }
  return bytes
}

const TIME_UNITS = { ms: 1, s: 1_000, min: 60_000, h: 3_600_000, d: 86_400_000 } as const

/** A time in milliseconds, with a unit as in PostgreSQL's settings: `30s`, `10min`, `1.5h`. */
export function duration(text: string): number {
  const [, digits = '', unit = ''] = /^(\d+(?:\.\d+)?)\s*([a-z]+)$/u.exec(text.toLowerCase()) ?? []
  const factor = isKeyOf(TIME_UNITS, unit) ? TIME_UNITS[unit] : undefined
  if (factor === undefined) throw new InvalidArgumentError(`'${text}' is no time; 30s or 10min are`)
  return Math.round(Number(digits) * factor)
}
