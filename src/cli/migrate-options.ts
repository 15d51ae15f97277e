import type { MigrateOptions } from '../index.ts'
import { byteSize, oneOf, positive, renaming, repeated } from './options.ts'
import type { OptionSpecs } from './options.ts'

/** Every option of `pgleap migrate`; `plan` and `resume` take the ones of these that their options objects have. */
export const MIGRATE_OPTIONS = {
  source: null,
  target: null,
  onEvent: null,
  signal: null,
  jobs: {
    flags: '-j, --jobs <n>',
    help: 'steps at a time, a session a server each (4)',
    parse: positive,
  },
  include: {
    flags: '--include <pattern>',
    help: 'only tables that match, as in pg_dump -t; repeatable',
    parse: repeated,
  },
  exclude: { flags: '--exclude <pattern>', help: 'leave out tables that match; repeatable', parse: repeated },
  excludeData: {
    flags: '--exclude-data <pattern>',
    help: 'make these tables without rows; repeatable',
    parse: repeated,
  },
  owners: { flags: '--no-owner', help: 'give everything to the user that logs in', means: 'skip' },
  privileges: { flags: '--no-privileges', help: 'leave out grants and default privileges', means: 'skip' },
  tablespaces: { flags: '--no-tablespaces', help: 'put everything into the default tablespace', means: 'skip' },
  roleMap: {
    flags: '--role-map <old=new>',
    help: 'another name for a role on the target; repeatable',
    parse: renaming,
  },
  tablespaceMap: {
    flags: '--tablespace-map <old=new>',
    help: 'the same for a tablespace; repeatable',
    parse: renaming,
  },
  sourceProvider: {
    flags: '--source-provider <id>',
    help: 'its service, where not recognised; or a YAML file',
    parse: (text) => text,
  },
  targetProvider: {
    flags: '--target-provider <id>',
    help: 'the same for the target',
    parse: (text) => text,
  },
  partSize: {
    flags: '--part-size <size>',
    help: 'cut larger tables into parts of such a size: 1GB',
    parse: byteSize,
  },
  verify: {
    flags: '--verify <mode>',
    help: 'compare full (default), counts or none',
    parse: oneOf('full', 'counts', 'none'),
  },
  skipChecks: {
    flags: '--skip-check <id>',
    help: 'do not ask this check before the run; repeatable',
    parse: repeated,
  },
  create: { flags: '--create', help: 'make the target database, as the source is', means: 'create' },
  nonEmptyTarget: { flags: '--into-non-empty', help: 'add to what the target holds; overwrites nothing', means: 'add' },
  newSnapshot: {
    flags: '--allow-new-snapshot',
    help: 'recopy what would mix two snapshots',
    means: 'allow',
  },
  pgDump: { flags: '--pg-dump <path>', help: 'a native pg_dump in place of the bundled one', parse: (path) => path },
  prediction: {
    flags: '--prediction <file>',
    help: 'of `rehearse --save`: say how good it was',
    parse: (path) => path,
  },
} as const satisfies OptionSpecs<MigrateOptions>
