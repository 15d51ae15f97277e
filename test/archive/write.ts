import type { Archive } from '../../src/archive/index.ts'
import { tocBytes, type Widths } from '../../src/archive/toc-bytes.ts'

/** Header and table of contents, in any width of numbers, and something behind. All text is in UTF-8, whatever it says. */
export function writeArchive(archive: Archive, widths: Widths = { int: 4, offset: 8 }, padding = 0): Buffer {
  return Buffer.concat([tocBytes(archive, { widths, charset: 'utf8' }), Buffer.alloc(padding, 1)])
}
