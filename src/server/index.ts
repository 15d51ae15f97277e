export { migrateServer } from './migrate-server.ts'
export type { MigrateServerOptions, ResumeServerOptions, StatusServerOptions } from './options.ts'
export { resumeServer } from './resume-server.ts'
export { statusServer } from './status-server.ts'
