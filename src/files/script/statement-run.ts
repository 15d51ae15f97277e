import { type DatabaseError, SQLSTATE } from '../../connection/index.ts'
import { runStatements } from '../../wire/index.ts'
import { isClosed } from './closed.ts'
import type { Described } from './described.ts'
import { isEmptyDatabase } from './empty-database.ts'
import { IS_THERE, MISSING } from './judge.ts'
import { rolesOf } from './left-out.ts'
import type { NewMessage } from './messages.ts'
import { otherwise } from './otherwise.ts'
import type { Doing, Standpoint } from './standpoint.ts'
import { affected, type SessionEffect } from './state.ts'
import type { Transactor } from './transact.ts'
import { endsAttempt, presentable } from './words.ts'

/** What is made outside of transactions, and is whole where it is there at all. */
const WHOLE_OR_NOT = new Set(['DATABASE', 'TABLESPACE', 'SUBSCRIPTION'])

/** Does the statements that stand outside of the script's own transactions. */
export class StatementRun {
  readonly #at: Standpoint
  readonly #onProgress: () => void
  /** Grants to the user himself that were tried. */
  readonly #granted = new Set<string>()

  /** `onProgress` is called after each statement that has worked. */
  constructor(at: Standpoint, onProgress: () => void) {
    this.#at = at
    this.#onProgress = onProgress
  }

  /** SET and its like are not recorded: who goes on sets the same again. BEGIN opens a block. */
  async forSession(doing: Doing, effect: SessionEffect): Promise<void> {
    const at = this.#at
    const { piece, next } = doing
    const [outcome] = await at.cancellable((session) => runStatements(session, [piece.text.parts]))
    if (outcome?.error !== undefined) return this.refused(doing, outcome.error)
    const after = affected(next, effect, () => Buffer.concat(piece.text.parts))
    if (effect.does === 'begin') {
      at.block = { before: at.state, messages: [], failed: 'no' }
      at.next = after
      return
    }
    at.move({ ...after, transaction: 'none' })
    await at.warn(doing, outcome?.warnings ?? [])
  }

  async statement(doing: Doing): Promise<void> {
    const at = this.#at
    const leftOut = at.leftOut(doing)
    if (leftOut !== undefined) return at.passOver(doing, leftOut)
    at.next = doing.next
    const step = { from: at.state.offset, to: doing.next.offset }
    const transactor = at.transactor()
    const { error, warnings } = await at.cancellable(() => transactor.statement(doing.piece.text.parts, step))
    if (error === undefined) return this.succeeded(doing, warnings)
    const wasDone = at.maybeDone && isDoneBefore(doing.statement, error) && (await this.#isOwn(doing.statement))
    at.maybeDone = false
    if (wasDone) {
      await at.record.done(doing.next.offset)
      return this.succeeded(doing, [])
    }
    const refusal = await this.#otherwise(doing, transactor, error)
    if (refusal !== undefined) await this.refused(doing, refusal)
  }

  async succeeded(doing: Doing, warnings: readonly DatabaseError['server'][]): Promise<void> {
    const at = this.#at
    const { statement, next } = doing
    at.maybeDone = false
    this.#onProgress()
    at.move(next)
    if (statement.verb === 'CREATE') at.judge.made(statement)
    if (statement.verb === 'DROP' && statement.kind === 'ROLE') {
      const gone = rolesOf(statement, at.ground).filter((role) => at.existing.delete(role))
      if (gone.length > 0) await at.record.done(next.offset, [], gone)
    }
    await at.warn(doing, warnings)
  }

  /** A refusal is sorted, recorded and passed over, or ends the run. */
  async refused(doing: Doing, error: DatabaseError): Promise<void> {
    const at = this.#at
    const { statement } = doing
    if (endsAttempt(error)) throw presentable(error, statement)
    let message = at.judge.refusal(doing, error)
    const isDatabase = statement.verb === 'CREATE' && statement.kind === 'DATABASE'
    if (message.sort === 'error' && isDatabase) message = await this.#existingDatabase(doing, message)
    at.stopAtError([message])
    await at.passOver(doing, message)
  }

  /** Tries what may work where a right is missing; gives the refusal that tells most where nothing does. */
  async #otherwise(doing: Doing, transactor: Transactor, first: DatabaseError): Promise<DatabaseError | undefined> {
    if (first.server.sqlstate !== SQLSTATE.noPrivilege) return first
    const at = this.#at
    const { piece, statement, next } = doing
    const step = { from: at.state.offset, to: next.offset }
    let refusal = first
    for (const { grant, sql, tell } of otherwise(statement, piece.text, at.ground)) {
      if (grant !== undefined && !(await this.#grant(grant))) continue
      const { error, warnings } = await at.cancellable(() => transactor.statement(sql, step))
      if (error !== undefined) {
        if (endsAttempt(error)) throw presentable(error, statement)
        if (error.server.sqlstate !== SQLSTATE.noPrivilege) refusal = error
        continue
      }
      await this.succeeded(doing, warnings)
      if (tell !== undefined) await at.tell(next.offset, [at.judge.message(doing, tell)])
      return undefined
    }
    return refusal
  }

  /** Done once for each role, on the session that is the user himself whatever the script has set. */
  async #grant(grant: string): Promise<boolean> {
    if (this.#granted.has(grant)) return false
    this.#granted.add(grant)
    const [granted] = await runStatements(this.#at.sessions.record, [grant])
    return granted?.error === undefined
  }

  /** A database that somebody has made for the restore is as good as one that the script makes; one with content is not ours. */
  async #existingDatabase({ statement }: Doing, message: NewMessage): Promise<NewMessage> {
    if (message.sqlstate !== SQLSTATE.duplicateDatabase && message.sqlstate !== SQLSTATE.noPrivilege) return message
    if (!(await this.#isEmpty(statement.name))) return message
    const reason = `Database ${statement.name} is there already, and empty.`
    return { ...message, sort: 'expected', reason, missing: undefined }
  }

  /** A run that was killed may have been about to be told that the database is somebody else's. */
  async #isOwn({ verb, kind, name }: Described): Promise<boolean> {
    return verb !== 'CREATE' || kind !== 'DATABASE' || (await this.#isEmpty(name))
  }

  async #isEmpty(database: string): Promise<boolean> {
    try {
      await using session = await this.#at.sessions.look(database)
      return await isEmptyDatabase(session)
    } catch (error) {
      if (isClosed(error)) return false
      throw error
    }
  }
}

/** The server says that a statement is done which a killed run has begun outside of transactions. */
function isDoneBefore({ verb, kind }: Described, { server }: DatabaseError): boolean {
  if (!WHOLE_OR_NOT.has(kind)) return false
  if (verb === 'CREATE') return IS_THERE.includes(server.sqlstate)
  return verb === 'DROP' && MISSING.includes(server.sqlstate)
}
