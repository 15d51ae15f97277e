// The test kit's door: real PostgreSQL servers of the majors 13 to 18, databases and roles that vanish after the test,
// broken networks, and a check that nothing is left behind. See CONTRIBUTING.md for how to use it.
export { connectClient, queryOnce } from './client.ts'
export type { DataFolderOptions } from './data-folder.ts'
export { databaseNamed, freshDatabase, freshRole } from './database.ts'
export type { DatabaseOptions, FreshDatabase, FreshRole } from './database.ts'
export { MAJORS } from './programs.ts'
export type { Major } from './programs.ts'
export { faultProxy } from './proxy.ts'
export type { Direction, FaultProxy } from './proxy.ts'
export { freePort, startServer } from './server.ts'
export type { OwnServer, Server, StopMode } from './server.ts'
export { server } from './shared.ts'
