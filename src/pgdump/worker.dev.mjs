// Stands in for worker.js where pgleap runs from its TypeScript (tests, the demo). A thread does not inherit what compiles
// it, and to load that takes longer than the dump: so what was built is taken, unless this room has changed since.
import { readdirSync, statSync } from 'node:fs'

const room = new URL('./', import.meta.url)
const built = new URL('../../dist/pgdump/worker.js', import.meta.url)
const builtAt = statSync(built, { throwIfNoEntry: false })?.mtimeMs ?? 0

if (readdirSync(room).every((file) => statSync(new URL(file, room)).mtimeMs < builtAt)) {
  await import(built.href)
} else {
  const { register } = await import('tsx/esm/api')
  register()
  await import('./worker.ts')
}
