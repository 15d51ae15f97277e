import { PgleapError } from '../errors.ts'

/** Whether a pattern of database names is about this one: `*` and `?` are wildcards, everything else is as it stands, capital letters too. */
export function matchesDatabase(pattern: string, name: string): boolean {
  const source = pattern
    .replaceAll(/[\\^$.+()[\]{}|/-]/gu, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.')
  return new RegExp(`^${source}$`, 'su').test(name)
}

export function noSuchDatabase(pattern: string): PgleapError {
  return new PgleapError({
    code: 'filter.unmatched',
    message: `The pattern "${pattern}" matches no database of the source.`,
    hint: 'Write the name as it is, capital letters too; * stands for any letters, ? for one.',
    party: 'usage',
  })
}
