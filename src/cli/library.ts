// The public API for the commands. A room is loaded when it is first called: loading all of them takes longer than many a
// command's work, and help or a mistyped option needs none.
import type * as api from '../index.ts'

export const check: typeof api.check = async (options) => (await import('../check/index.ts')).checkServers(options)

export const convert: typeof api.convert = async (options) => (await import('../files/index.ts')).convert(options)
export const dump: typeof api.dump = async (options) => (await import('../files/index.ts')).dump(options)
export const formOf: typeof api.formOf = async (path) => (await import('../files/index.ts')).formOf(path)
export const list: typeof api.list = async (options) => (await import('../files/index.ts')).list(options)
export const restore: typeof api.restore = async (options) => (await import('../files/index.ts')).restore(options)
export const restoreScript: typeof api.restoreScript = async (options) =>
  (await import('../files/index.ts')).restoreScript(options)
export const verifyFiles: typeof api.verifyFiles = async (options) =>
  (await import('../files/index.ts')).verifyFiles(options)

export const roles: typeof api.roles = async (options) => (await import('../globals/index.ts')).roles(options)

export const migrate: typeof api.migrate = async (options) => (await import('../migrate/index.ts')).migrate(options)
export const plan: typeof api.plan = async (options) => (await import('../migrate/index.ts')).plan(options)
export const resume: typeof api.resume = async (options) => (await import('../migrate/index.ts')).resume(options)
export const status: typeof api.status = async (options) => (await import('../migrate/index.ts')).status(options)
export const verify: typeof api.verify = async (options) => (await import('../migrate/index.ts')).verify(options)

export const migrateServer: typeof api.migrateServer = async (options) =>
  (await import('../server/index.ts')).migrateServer(options)
export const restoreServer: typeof api.restoreServer = async (options) =>
  (await import('../server/index.ts')).restoreServer(options)
export const resumeServer: typeof api.resumeServer = async (options) =>
  (await import('../server/index.ts')).resumeServer(options)
export const statusServer: typeof api.statusServer = async (options) =>
  (await import('../server/index.ts')).statusServer(options)

export const rehearse: typeof api.rehearse = async (options) => (await import('../rehearse/index.ts')).rehearse(options)

export const fromPigsty: typeof api.fromPigsty = async (options) =>
  (await import('../runbook/index.ts')).fromPigsty(options)
export const runbook: typeof api.runbook = async (options) => (await import('../runbook/index.ts')).runbook(options)

const loadOnline = async () => (await import('../online/index.ts')).online

export const online: typeof api.online = {
  abort: async (options) => (await loadOnline()).abort(options),
  cutover: async (options) => (await loadOnline()).cutover(options),
  finish: async (options) => (await loadOnline()).finish(options),
  plan: async (options) => (await loadOnline()).plan(options),
  rollback: async (options) => (await loadOnline()).rollback(options),
  start: async (options) => (await loadOnline()).start(options),
  status: async (options) => (await loadOnline()).status(options),
  syncSchema: async (options) => (await loadOnline()).syncSchema(options),
  watch: async (options) => (await loadOnline()).watch(options),
}
