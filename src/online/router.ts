import type { Side } from '../connection/index.ts'

/**
 * What stands between the application and the database (a pooler, a proxy, a script of the user's) and can hold the
 * application back for the time of the pause. Each call throws where it could not do its part, and can be done again.
 */
export interface Router extends AsyncDisposable {
  /** What a person calls it: `PgBouncer at 10.0.0.5:6432`. */
  readonly name: string
  /** Before the freeze: hold the application back, and wait until it has no transaction open. */
  hold: (signal: AbortSignal) => Promise<void>
  /** Once the new side is open: lead the application there and let it go on. */
  lead: (to: Side) => Promise<void>
  /** After a pause that came to nothing: let the application go on where it was. */
  release: () => Promise<void>
}
