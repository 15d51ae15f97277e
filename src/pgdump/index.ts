export { BUNDLED_PG_DUMP } from './bundled.ts'
export { dumpSchema, type DumpSchemaOptions } from './dump-schema.ts'
export { quotingOf, withUsualEntries } from './quoting.ts'
