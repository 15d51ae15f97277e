import type { XXHashAPI } from 'xxhash-wasm'

let loaded: Promise<XXHashAPI> | undefined

/** The checksums of lz4 and zstd frames; compiled on first use. */
export function xxhash(): Promise<XXHashAPI> {
  loaded ??= import('xxhash-wasm').then((module) => module.default())
  return loaded
}
