import { EXIT_CODES, PgleapError } from '../errors.ts'

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

export interface Interrupt extends Disposable {
  signal: AbortSignal
}

/**
 * The first Ctrl-C (or SIGTERM, SIGHUP) aborts the signal: the library cancels its queries on the servers, rolls back
 * what is in flight and returns. A second one leaves at once; the servers notice the lost connections by themselves.
 */
export function onInterrupt(tell: (text: string) => void, hint = OFFLINE): Interrupt {
  const controller = new AbortController()
  const onSignal = () => {
    if (controller.signal.aborted) process.exit(EXIT_CODES.interrupted)
    tell('Stopping: the queries on the servers are being cancelled. Once more leaves at once.')
    controller.abort(interrupted(hint))
  }
  for (const name of SIGNALS) process.on(name, onSignal)
  return {
    signal: controller.signal,
    [Symbol.dispose]: () => {
      for (const name of SIGNALS) process.off(name, onSignal)
    },
  }
}

/** What a run that was stopped leaves, and how to go on. */
const OFFLINE = 'Steps that were done stay done; `pgleap resume TARGET` goes on with the rest of a migration.'

function interrupted(hint: string): PgleapError {
  return new PgleapError({
    code: 'run.interrupted',
    message: 'Interrupted.',
    hint,
    party: 'interrupted',
  })
}
