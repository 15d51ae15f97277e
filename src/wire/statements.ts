import type { Duplex } from 'node:stream'
import type { PgleapError } from '../errors.ts'
import type { ServerFields, Session, Side } from '../connection/index.ts'
import { DatabaseError, connectionLost, databaseError } from '../connection/index.ts'
import { FrameWalker } from './frames.ts'
import { MESSAGE, copyFailMessage, parseError, queryHeader } from './messages.ts'

/** One statement: text of ours, or somebody's bytes in whatever encoding the session's client_encoding says. */
export type StatementBytes = string | readonly Buffer[]

/** How one statement ended. */
export interface StatementOutcome {
  /** The server's own `INSERT 0 1`; of the last one where the text holds several. Undefined where it failed or was empty. */
  tag: string | undefined
  error: DatabaseError | undefined
  /** Warnings that came with it; notices are passed over. */
  warnings: ServerFields[]
  /** As ReadyForQuery has it: outside of a transaction, in one, or in one that has failed. */
  transaction: 'none' | 'open' | 'failed'
}

const STATES: Readonly<Record<string, StatementOutcome['transaction']>> = { I: 'none', T: 'open', E: 'failed' }

/**
 * Runs statements one after the other by the simple protocol, all sent at once, and drops their rows. Each has an outcome of
 * its own: what the server refuses is no exception, and those behind it run nevertheless. Throws where the connection is lost,
 * with the server's last words where it had any. An abort is left to the caller (`Session.cancel`).
 */
export function runStatements(session: Session, statements: readonly StatementBytes[]): Promise<StatementOutcome[]> {
  return session.withSocket((socket) => exchange(socket, session.side, statements))
}

async function exchange(
  socket: Duplex,
  side: Side,
  statements: readonly StatementBytes[],
): Promise<StatementOutcome[]> {
  const outcomes: StatementOutcome[] = []
  if (statements.length === 0) return outcomes
  let failure: PgleapError | undefined
  await new Promise<void>((resolve, reject) => {
    let current: Omit<StatementOutcome, 'transaction'> = { tag: undefined, error: undefined, warnings: [] }
    const end = () => {
      socket.removeListener('data', walk)
      socket.removeListener('error', lost)
      socket.removeListener('close', lost)
    }
    const lost = (cause?: Error) => {
      end()
      reject(failure ?? current.error ?? connectionLost(side, cause))
    }
    const walker = new FrameWalker({
      data() {},
      message(type, body) {
        if (type === MESSAGE.commandComplete) current.tag = body.toString('utf8', 0, body.length - 1)
        else if (type === MESSAGE.errorResponse) {
          current.tag = undefined
          current.error ??= new DatabaseError(side, parseError(body), undefined)
        } else if (type === MESSAGE.noticeResponse) {
          const notice = parseError(body)
          if (notice.severity === 'WARNING') current.warnings.push(notice)
        } else if (type === MESSAGE.copyInResponse) {
          socket.write(copyFailMessage('pgleap: the statement has no data'))
        } else if (type === MESSAGE.readyForQuery) {
          outcomes.push({ ...current, transaction: STATES[String.fromCodePoint(body[0] ?? 0)] ?? 'none' })
          current = { tag: undefined, error: undefined, warnings: [] }
          if (outcomes.length < statements.length) return
          end()
          resolve()
        }
      },
    })
    const walk = (chunk: Buffer) => {
      try {
        walker.walk(chunk)
      } catch (error) {
        failure ??= databaseError(error, side)
        socket.destroy()
      }
    }
    socket.on('data', walk)
    socket.on('error', lost)
    socket.on('close', lost)
    if (socket.destroyed) lost()
    else for (const statement of statements) writeQuery(socket, statement)
  })
  return outcomes
}

/** A Query message; a statement of many megabytes is never copied together. */
function writeQuery(socket: Duplex, statement: StatementBytes): void {
  const parts = typeof statement === 'string' ? [Buffer.from(statement)] : statement
  const bytes = parts.reduce((sum, part) => sum + part.length, 0)
  socket.cork()
  socket.write(queryHeader(bytes + 1))
  for (const part of parts) socket.write(part)
  socket.write(Buffer.alloc(1))
  socket.uncork()
}
