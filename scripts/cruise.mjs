// Runs dependency-cruiser with TypeScript 6: it asks for `typescript` and needs a compiler API, which version 7, the one
// that we compile with, does not have. Without this it would read .ts files as loose JavaScript, and miss imports.
import Module, { register } from 'node:module'

const resolveFilename = Module._resolveFilename
Module._resolveFilename = (request, ...rest) =>
  resolveFilename(request.replace(/^typescript(?=\/|$)/, 'typescript-6'), ...rest)

const hook = `export const resolve = (name, context, next) => next(name === 'typescript' ? 'typescript-6' : name, context)`
register(`data:text/javascript,${encodeURIComponent(hook)}`)

await import('../node_modules/dependency-cruiser/bin/dependency-cruise.mjs')
