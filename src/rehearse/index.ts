export type { RehearseOptions } from './options.ts'
export { rehearse } from './rehearse.ts'
