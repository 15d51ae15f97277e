import type { DatabaseError } from '../../connection/index.ts'
import { runStatements } from '../../wire/index.ts'
import type { Block, Doing, Standpoint } from './standpoint.ts'
import { affected, type ScriptState, type SessionEffect } from './state.ts'
import { endsAttempt, presentable } from './words.ts'

const FAILED_TRANSACTION = '25P02'

/**
 * Does the statements of a transaction that the script itself has begun: the record moves with its COMMIT, so a run that is broken
 * off in between goes on at its BEGIN.
 */
export class BlockRun {
  readonly #at: Standpoint

  constructor(at: Standpoint) {
    this.#at = at
  }

  async statement(block: Block, doing: Doing, effect: SessionEffect): Promise<void> {
    const at = this.#at
    if (effect.does === 'end') return this.#end(block, doing)
    const leftOut = at.leftOut(doing)
    if (leftOut !== undefined) return at.passOver(doing, leftOut)
    const { parts } = doing.piece.text
    at.next = doing.next
    const [outcome] = await at.cancellable((session) => runStatements(session, [parts]))
    if (outcome?.error === undefined) at.next = affected(doing.next, effect, () => Buffer.concat(parts))
    else this.fail(block, doing, outcome.error)
  }

  fail(block: Block, doing: Doing, error: DatabaseError): void {
    if (endsAttempt(error)) throw presentable(error, doing.statement)
    block.failed = 'yes'
    // What comes behind the error in the same transaction fails with it, and is no news.
    if (error.server.sqlstate !== FAILED_TRANSACTION) block.messages.push(this.#at.judge.refusal(doing, error))
  }

  async #end(block: Block, doing: Doing): Promise<void> {
    const at = this.#at
    const { piece, statement, next } = doing
    const { parts } = piece.text
    const after: ScriptState = { ...next, transaction: 'none' }
    const commits = statement.verb === 'COMMIT' || statement.verb === 'END'
    if (commits && block.failed === 'no') {
      const transactor = at.transactor()
      at.next = after
      const step = { from: block.before.offset, to: next.offset }
      const end = await at.cancellable(() => transactor.commit(step, parts))
      if (end?.error === undefined) {
        at.block = undefined
        at.move(after)
        await at.tell(next.offset, block.messages)
        return
      }
      this.fail(block, doing, end.error)
    } else await at.cancellable((session) => runStatements(session, [parts]))
    at.stopAtError(block.messages)
    // What the transaction had set went with it.
    const { settings, encoding, standardStrings } = block.before
    const undone = { ...after, settings, encoding, standardStrings }
    at.next = undone
    at.block = undefined
    const messages = block.messages.map((message) => at.messages.add(message))
    await at.record.done(next.offset, messages)
    at.move(undone)
  }
}
