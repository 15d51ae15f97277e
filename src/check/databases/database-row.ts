import { isReserved } from '../../provider/index.ts'
import { loadSql } from '../../sql.ts'
import type { Pair } from '../check.ts'

/** Asks either side for all its databases. */
export const DATABASES = loadSql(import.meta.url, 'databases.sql')

export interface DatabaseRow {
  name: string
  /** The one that we are connected to. */
  here: boolean
  encoding: string
  /** libc, ICU or built in. */
  provider: 'c' | 'i' | 'b'
  collate: string
  ctype: string
  /** Of ICU and the built-in provider. */
  locale: string | null
  /** ALLOW_CONNECTIONS */
  open: boolean
  template: boolean
  /** A DROP DATABASE was interrupted: it can only be dropped. */
  invalid: boolean
}

/** The databases of the source that are to be made on the target, beside the one that we are connected to, or with it. */
export function moving(rows: readonly DatabaseRow[], { paths, source }: Pair): DatabaseRow[] {
  if (!paths.has('roles')) return rows.filter(({ here }) => here)
  return rows.filter(
    (row) => row.open && !row.template && !row.invalid && !isReserved(source.provider, 'database', row.name),
  )
}

/** The same locale has several spellings: `en_US.UTF-8`, `en_US.utf8`; `POSIX` is another name of `C`. */
export function plainLocale(name: string): string {
  const plain = name.toLowerCase().replaceAll(/[-_]/gu, '')
  return plain === 'posix' ? 'c' : plain
}

/** Two databases with the same answer sort alike; those that sort by code point are all one. */
export function sortOrder({ provider, collate, locale }: Pick<DatabaseRow, 'provider' | 'collate' | 'locale'>): string {
  if (provider === 'b' || (provider === 'c' && sortsByCodePoint(collate))) return 'code point'
  return provider === 'i' ? `ICU ${locale ?? ''}` : `libc ${plainLocale(collate)}`
}

/** glibc's C.UTF-8 and C of every system compare code points or bytes, which for UTF-8 is the same. */
export function sortsByCodePoint(collate: string): boolean {
  return ['c', 'c.utf8'].includes(plainLocale(collate))
}

/** `libc, en_US.UTF-8` */
export function describeLocale({ provider, collate, ctype, locale }: DatabaseRow): string {
  if (provider === 'i') return `ICU, ${locale ?? ''}`
  if (provider === 'b') return `built in, ${locale ?? ''}`
  return collate === ctype ? `libc, ${collate}` : `libc, ${collate} with LC_CTYPE ${ctype}`
}
