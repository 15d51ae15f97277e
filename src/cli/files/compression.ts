import { InvalidArgumentError } from 'commander'
import { oneOf } from '../options.ts'

/** How what is written is compressed: the same two options for `dump` and `convert`. */
export const COMPRESSION = {
  compression: {
    flags: '--compress <how>',
    help: 'gzip, zstd, lz4 or none',
    parse: oneOf('gzip', 'zstd', 'lz4', 'none'),
  },
  level: { flags: '--level <n>', help: 'how hard, in the terms of that compression', parse: level },
} as const

/** A whole number; which ones a compression has, the writer of archives says. */
function level(text: string): number {
  if (!/^-?\d{1,3}$/u.test(text)) throw new InvalidArgumentError(`'${text}' is no whole number`)
  return Number(text)
}
