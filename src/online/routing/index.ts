import type { Side } from '../../connection/index.ts'
import { PgleapError } from '../../errors.ts'
import type { Event } from '../../report/index.ts'
import type { Router } from '../router.ts'
import type { Sides } from '../sides.ts'
import { commandsRouter } from './commands.ts'
import { haProxyRouter } from './haproxy.ts'
import { pgBouncerRouter } from './pgbouncer.ts'
import { placeOf } from './place.ts'

/** What stands between the application and the database, as the user names it. */
export interface RoutingOptions {
  /**
   * PgBouncers to pause and to lead over: connection strings of an administrator of the console, with the database as the
   * application calls it there, or `pgbouncer` for all that lead to a database of the source's or target's name.
   */
  pgbouncer?: readonly string[]
  /** The configuration file of each PgBouncer, in the same order; without, `onSwitch` has to change where it leads. */
  pgbouncerConfig?: readonly string[]
  /** How long PgBouncer may wait for the application's open transactions, in milliseconds. @defaultValue 5000 */
  pgbouncerTimeoutMs?: number
  /** HAProxy's runtime API: the path of its socket, or HOST:PORT. */
  haproxy?: string
  /** `BACKEND/SERVER` whose address is changed. */
  haproxyServer?: string
  /** The frontend that is closed during the pause. */
  haproxyFrontend?: string
  /** Shell commands for the moments before the freeze, once the other side is open, and after a pause that came to nothing. */
  onFreeze?: string
  onSwitch?: string
  onThaw?: string
  /** After which such a command is ended, in milliseconds. @defaultValue 10000 */
  hookTimeoutMs?: number
  /** HOST:PORT at which a router finds the source, when that is not as we do. */
  sourceFromRouter?: string
  /** HOST:PORT at which a router finds the target, when that is not as we do. */
  targetFromRouter?: string
}

export interface RoutingContext {
  sides: Pick<Sides, Side>
  /** The side that is written to when the switch begins. */
  from: Side
  /** The longest that writes may be stopped, in milliseconds. */
  maxPauseMs: number
  onEvent?: ((event: Event) => void) | undefined
  signal?: AbortSignal | undefined
}

const DEFAULT_PGBOUNCER_TIMEOUT_MS = 5_000
const DEFAULT_HOOK_TIMEOUT_MS = 10_000
const HAPROXY_TIMEOUT_MS = 5_000

/**
 * The routers that the options ask for, in the order in which they hold and lead: commands first, so that one of them may
 * prepare what the others do. Each has been looked at: it answers, and knows what it is to lead.
 *
 * @throws PgleapError `usage.routing`, or that of a router
 */
export async function routersFor(options: RoutingOptions, context: RoutingContext): Promise<Router[]> {
  const { sides, from, maxPauseMs, onEvent, signal } = context
  const { pgbouncer = [], pgbouncerConfig = [], onFreeze, onSwitch, onThaw } = options
  assertUsed(options)
  const places = {
    source: placeOf(sides.source, options.sourceFromRouter),
    target: placeOf(sides.target, options.targetFromRouter),
  }
  const routers: Router[] = []
  if ([onFreeze, onSwitch, onThaw].some((command) => command !== undefined)) {
    const onLine = (line: string) =>
      onEvent?.({ type: 'notice', at: Date.now(), level: 'info', code: 'online.hook-output', message: line })
    const timeoutMs = options.hookTimeoutMs ?? DEFAULT_HOOK_TIMEOUT_MS
    routers.push(commandsRouter({ from, places, onFreeze, onSwitch, onThaw, timeoutMs, onLine }))
  }
  if (pgbouncer.length > 0) {
    if (pgbouncerConfig.length > 0 ? pgbouncerConfig.length !== pgbouncer.length : onSwitch === undefined) {
      throw misused(
        'PgBouncer has to be told where the other side is, for each --pgbouncer.',
        'Name its --pgbouncer-config, or change that file by --on-switch.',
      )
    }
    const pauseTimeoutMs = options.pgbouncerTimeoutMs ?? DEFAULT_PGBOUNCER_TIMEOUT_MS
    routers.push(
      await pgBouncerRouter({
        urls: pgbouncer,
        configs: pgbouncerConfig,
        from,
        places,
        pauseTimeoutMs,
        maxPauseMs,
        signal,
      }),
    )
  }
  const { haproxy, haproxyServer, haproxyFrontend } = options
  if (haproxy !== undefined) {
    if (haproxyServer === undefined || haproxyFrontend === undefined) {
      throw misused(
        'HAProxy has to be told what to hold and what to lead over.',
        'Name --haproxy-frontend and --haproxy-server BACKEND/SERVER.',
      )
    }
    routers.push(
      await haProxyRouter({
        api: haproxy,
        server: haproxyServer,
        frontend: haproxyFrontend,
        places,
        timeoutMs: HAPROXY_TIMEOUT_MS,
      }),
    )
  }
  return routers
}

/** An option of something that is not named would be passed over without a word, and nobody be held back. */
function assertUsed({
  pgbouncer = [],
  pgbouncerConfig = [],
  haproxy,
  haproxyServer,
  haproxyFrontend,
}: RoutingOptions): void {
  if (pgbouncer.length === 0 && pgbouncerConfig.length > 0) {
    throw misused('--pgbouncer-config says nothing without --pgbouncer.', 'Name the console by --pgbouncer.')
  }
  if (haproxy === undefined && (haproxyServer !== undefined || haproxyFrontend !== undefined)) {
    throw misused(
      '--haproxy-server and --haproxy-frontend say nothing without --haproxy.',
      'Name the socket by --haproxy.',
    )
  }
}

function misused(message: string, hint: string): PgleapError {
  return new PgleapError({ code: 'usage.routing', message, hint, party: 'usage' })
}
