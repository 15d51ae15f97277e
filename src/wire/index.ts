export { copyIn, copyOut } from './copy.ts'
export type { CopyResult } from './copy.ts'
export { relay } from './relay.ts'
export type { RelayOptions, RelayResult } from './relay.ts'
