import type { Compression } from '../entry.ts'

/** In the order in which pg_dump looks for their files. */
export const COMPRESSIONS = ['none', 'gzip', 'lz4', 'zstd'] as const satisfies readonly Compression[]

/** What pg_dump adds to the name of a compressed file. */
export const SUFFIXES = { none: '', gzip: '.gz', lz4: '.lz4', zstd: '.zst' } as const satisfies Record<
  Compression,
  string
>
