// Stands in for worker.js where pgleap runs from its TypeScript (tests, the demo): a thread does not inherit what compiles it.
import { register } from 'tsx/esm/api'

register()
await import('./worker.ts')
