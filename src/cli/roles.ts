import type { Command } from 'commander'
import { EXIT_CODES } from '../errors.ts'
import { roles } from './library.ts'
import type { RolesOptions, RolesReport } from '../index.ts'
import { rolesText } from '../report/index.ts'
import { addJsonOption, invoke } from './invocation.ts'
import type { Finish, JsonFlag } from './invocation.ts'
import { addOptions, renaming } from './options.ts'
import type { OptionSpecs } from './options.ts'

const ROLES_OPTIONS = {
  source: null,
  target: null,
  onEvent: null,
  signal: null,
  apply: { flags: '--apply', help: 'make what is missing on the target', means: 'apply' },
  sql: { flags: '--sql', help: 'print what is missing as a script for psql', means: 'script' },
  verifiers: { flags: '--with-verifiers', help: 'with password verifiers in the script', means: 'include' },
  rolePasswords: {
    flags: '--role-passwords <file>',
    help: 'a role:password a line, where they are hidden',
    parse: (text) => text,
  },
  roleMap: { flags: '--role-map <old=new>', help: 'another name on the target; repeatable', parse: renaming },
  tablespaceMap: {
    flags: '--tablespace-map <old=new>',
    help: 'the same for a tablespace; repeatable',
    parse: renaming,
  },
  ownMemberships: {
    flags: '--no-own-memberships',
    help: 'grant nothing to the connecting role',
    means: 'skip',
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
} as const satisfies OptionSpecs<RolesOptions>

export function addRoles(program: Command, finish: Finish): void {
  const command = program
    .command('roles')
    .summary("compare two servers' roles, or bring them over")
    .description('Compares the roles of two servers, their memberships and settings. Changes nothing without --apply.')
    .argument('<source>', 'any database of the server to read')
    .argument('[target]', 'any database of the server to compare with')
  const options = addOptions<RolesOptions>(command, ROLES_OPTIONS)
  addJsonOption(command)
    .addHelpText('after', EXAMPLES)
    .action(async (source: string, target: string | undefined, { json }: JsonFlag) => {
      const run = invoke(json, async ({ output, signal }) => {
        const named = target === undefined ? {} : { target }
        const report = await roles({ ...options, source, ...named, signal, onEvent: output.onEvent })
        output.result('roles', report, (style) => report.script ?? rolesText(report, style))
        return exitCodeOfRoles(report)
      })
      finish(await run)
    })
}

/** Refusals are to be mended (partial), differences to be looked at. Passwords that cannot be compared are neither. */
function exitCodeOfRoles({ refused, blocked, verdict, passwords }: RolesReport): number {
  if (refused.length > 0 || blocked.length > 0) return EXIT_CODES.partial
  return verdict === 'DIFFERENT' || passwords === 'DIFFERENT' ? EXIT_CODES.difference : 0
}

const EXAMPLES = `
Exits with 0 where nothing differs (any more), 6 where something does, 7 where
the target refused something. docs/roles.md tells what travels and what cannot.

Examples:
  pgleap roles postgres://old/postgres postgres://new/postgres
  pgleap roles postgres://old/postgres postgres://new/postgres --apply
  pgleap roles postgres://old/postgres --sql > roles.sql`
