import { createExportedSlot, parseConnection, type Session } from '../connection/index.ts'
import { PgleapError } from '../errors.ts'
import { copyAtSlot, withoutSecrets } from '../migrate/index.ts'
import { close } from './freeze.ts'
import { newId, streamNames } from './names.ts'
import type { OnlineStartOptions } from './options.ts'
import { amend, createRecord, readRecord, type OnlineRecord } from './record.ts'
import { sidesOf, type Sides } from './sides.ts'
import { createPublication, createSubscription, startSubscription } from './stream.ts'
import { readTableRules } from './table-rules.ts'

/**
 * Copies the database in the snapshot of a new replication slot, and has the target follow the source from there. When it
 * returns, everything is copied, keys and indexes included, and the stream runs.
 */
export async function start(options: OnlineStartOptions): Promise<OnlineRecord> {
  const sides = sidesOf(options.source, options.target, options.signal)
  await using source = await sides.open('source', 'online')
  await using target = await sides.open('target', 'online')
  if ((await readRecord(target)) !== undefined) throw underWay(target)

  let record = await announce(source, target, { sides, options })
  const names = streamNames(record.id, 'forward')
  await createPublication(source, names, record.tables)
  const slot = await createExportedSlot(sides.source, names.slot, {
    side: 'source',
    purpose: 'slot',
    signal: options.signal,
  })
  try {
    record = await amend(target, record, { phase: 'copying' })
    const report = await copyAtSlot({
      ...options,
      snapshot: slot.snapshot,
      onSnapshot: async () => slot[Symbol.asyncDispose](),
    })
    if (report.failures.length > 0) throw copyFailed(report.failures.length)
  } finally {
    await slot[Symbol.asyncDispose]()
  }
  // Until the cutover nobody but the stream writes to the target (invariant 6).
  await close(target, [])
  await createSubscription(target, names, publisherFor(options.sourceFromTarget, sides))
  await startSubscription(target, names)
  return await amend(target, record, { phase: 'streaming' })
}

/** Writes down what will be made and changed, and changes the replica identities that have to be. */
async function announce(
  source: Session,
  target: Session,
  { sides, options }: { sides: Sides; options: OnlineStartOptions },
): Promise<OnlineRecord> {
  const ruled = await readTableRules(source)
  const changes = ruled.flatMap(({ change }) => change ?? [])
  const record: OnlineRecord = {
    id: newId(),
    source: { describe: sides.source.describe(), connection: withoutSecrets(sides.source) },
    reach: {
      sourceFromTarget: secretless(options.sourceFromTarget),
      targetFromSource: secretless(options.targetFromSource),
    },
    tables: ruled.map(({ rule }) => rule),
    choices: {
      owners: options.owners ?? 'keep',
      privileges: options.privileges ?? 'keep',
      tablespaces: options.tablespaces ?? 'keep',
      roleMap: options.roleMap ?? {},
    },
    phase: 'starting',
    active: 'source',
    shutOut: { source: [], target: [] },
    switches: 0,
    changes: changes.map(({ side, what, undo }) => ({ side, what, undo })),
  }
  await createRecord(target, record)
  for (const { sql } of changes) await source.script(sql)
  return record
}

function secretless(connection: string | undefined): string | undefined {
  return connection === undefined ? undefined : withoutSecrets(parseConnection(connection))
}

function publisherFor(reach: string | undefined, sides: Sides) {
  return reach === undefined ? sides.source : parseConnection(reach)
}

function underWay(target: Session): PgleapError {
  return new PgleapError({
    code: 'online.under-way',
    message: `The database "${target.database}" is the target of an online migration already.`,
    hint: 'See `pgleap online status`; `pgleap online abort` gives it up.',
    party: 'usage',
  })
}

function copyFailed(failures: number): PgleapError {
  return new PgleapError({
    code: 'online.copy-failed',
    message: `${String(failures)} steps of the copy failed; the stream is not started.`,
    hint: 'Mend what they name, then run the same command again, or give up with `pgleap online abort`.',
    party: 'target',
  })
}
