import type { MigrateOptions, MigrateServerOptions } from '../index.ts'
import { positive, repeated } from './options.ts'
import type { OptionSpecs } from './options.ts'

export type OnlyServer = Omit<MigrateServerOptions, keyof MigrateOptions>

/** What `pgleap migrate --all-databases` takes beside the options of one database's migration. */
export const SERVER_OPTIONS = {
  databasesAtOnce: { flags: '--databases-at-once <n>', help: 'with --all-databases (half of --jobs)', parse: positive },
  includeDatabases: {
    flags: '--include-database <name>',
    help: 'only such, with * and ?; repeatable',
    parse: repeated,
  },
  excludeDatabases: { flags: '--exclude-database <name>', help: 'leave out such; repeatable', parse: repeated },
  rolePasswords: {
    flags: '--role-passwords <file>',
    help: 'a role:password a line, where they are hidden',
    parse: (text) => text,
  },
  ownMemberships: {
    flags: '--no-own-memberships',
    help: 'grant nothing to the connecting role',
    means: 'skip',
  },
} as const satisfies OptionSpecs<OnlyServer>
