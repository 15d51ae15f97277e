import type { Command } from 'commander'
import type { Finish } from '../invocation.ts'
import { addAbort, addFinish } from './end.ts'
import { addPlan } from './plan.ts'
import { addStart } from './start.ts'
import { addStatus } from './status.ts'
import { addSyncSchema } from './sync-schema.ts'
import { addSwitch } from './switch.ts'
import { addWatch } from './watch.ts'

export function addOnline(program: Command, finish: Finish): void {
  const group = program
    .command('online')
    .usage('<step> ...')
    .summary('move while the application writes, and back')
    .description('Moves a database while it is written to: the target follows, then takes over.')
    .helpCommand(false)
    .addHelpText('after', EXAMPLES)
  addPlan(group, finish)
  addStart(group, finish)
  addStatus(group, finish)
  addWatch(group, finish)
  addSyncSchema(group, finish)
  addSwitch('cutover', group, finish)
  addSwitch('rollback', group, finish)
  addFinish(group, finish)
  addAbort(group, finish)
}

const EXAMPLES = `
In this order:
  pgleap online start postgres://old/app postgres://new/app
  pgleap online cutover postgres://new/app --rehearse
  pgleap online cutover postgres://new/app
  pgleap online finish postgres://new/app

docs/online.md tells what each does, and what it needs.`
