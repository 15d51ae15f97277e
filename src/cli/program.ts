import { Command, Help } from 'commander'
import type { Finish } from './invocation.ts'
import { addCheck } from './check.ts'
import { addConvert } from './files/convert.ts'
import { addDump } from './files/dump.ts'
import { addList } from './files/list.ts'
import { addRestore } from './files/restore.ts'
import { addMigrate } from './migrate.ts'
import { addOnline } from './online/online.ts'
import { addPlan } from './plan.ts'
import { addRehearse } from './rehearse.ts'
import { addResume } from './resume.ts'
import { addRoles } from './roles.ts'
import { addStatus } from './status.ts'
import { addVerify } from './verify.ts'
import { packageVersion } from './version.ts'

/** The command line: commands, options and help. Parsing calls one command, which calls `finish`. */
export function createProgram(finish: Finish): Command {
  const program = new Command('pgleap')
    .description('Moves a PostgreSQL database to a newer server, and proves that nothing was lost.')
    .version(packageVersion(), '--version', 'print the version')
    .helpOption('-h, --help', 'print help')
    .helpCommand(false)
    .configureHelp({
      subcommandTerm: (command) => `${command.name()} ${command.usage().replace('[options] ', '')}`,
      // --help is how one came here, and --version stands below: their block would not leave the rest on one screen.
      visibleOptions: (shown) => (shown.parent === null ? [] : new Help().visibleOptions(shown)),
    })
    .addHelpText('after', EXAMPLES)
    .exitOverride()
    // Usage errors are thrown, and printed in one place with all others (main.ts).
    .configureOutput({ outputError: () => undefined })
  addCheck(program, finish)
  addRehearse(program, finish)
  addPlan(program, finish)
  addMigrate(program, finish)
  addResume(program, finish)
  addOnline(program, finish)
  addDump(program, finish)
  addRestore(program, finish)
  addList(program, finish)
  addConvert(program, finish)
  addRoles(program, finish)
  addStatus(program, finish)
  addVerify(program, finish)
  return program
}

const EXAMPLES = `
Start here; it changes nothing:
  pgleap check postgres://old/app postgres://new/app

Connections are URIs or key=value strings, as psql takes them; passwords are
best kept in ~/.pgpass. \`pgleap COMMAND --help\` and the README tell more.`
