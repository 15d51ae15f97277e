export { relay } from './relay.ts'
export type { RelayOptions, RelayResult } from './relay.ts'
