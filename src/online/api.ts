import type { Side } from '../connection/index.ts'
import { DEFAULT_MAX_PAUSE_MS, type OnlineSwitchOptions } from './options.ts'
import { theRecord } from './record.ts'
import type { Router } from './router.ts'
import { routersFor, type RoutingOptions } from './routing/index.ts'
import { otherSide, sidesOf } from './sides.ts'
import { switchTo, type SwitchReport } from './switch.ts'

// `online.*` of the public API.
export { abort, finish } from './end.ts'
export { planOnline as plan } from './plan.ts'
export { start } from './start.ts'
export { onlineStatus as status } from './status.ts'
export { syncSchema } from './sync-schema.ts'
export { watchOnline as watch } from './watch.ts'

/** A cutover or rollback, and what stands between the application and the database meanwhile. */
export type OnlineMoveOptions = OnlineSwitchOptions & RoutingOptions

/** Leads the application from the source to the target; from then on the source follows. */
export function cutover(options: OnlineMoveOptions): Promise<SwitchReport> {
  return move('target', options)
}

/** Leads the application back to the source; nothing that was written on the target is lost. */
export function rollback(options: OnlineMoveOptions): Promise<SwitchReport> {
  return move('source', options)
}

/** Opens the routers that the options name, beside those that the caller has, and closes them when it is done. */
async function move(to: Side, options: OnlineMoveOptions): Promise<SwitchReport> {
  const routers = await namedRouters(to, options)
  try {
    return await switchTo(to, { ...options, routers: [...(options.routers ?? []), ...routers] })
  } finally {
    for (const router of routers) await router[Symbol.asyncDispose]()
  }
}

async function namedRouters(to: Side, options: OnlineMoveOptions): Promise<Router[]> {
  const { signal, onEvent, maxPauseMs = DEFAULT_MAX_PAUSE_MS } = options
  await using keeper = await sidesOf(options.target, options.target, signal).open('target', 'online record')
  const record = await theRecord(keeper)
  const sides = sidesOf(options.source ?? record.source.connection, options.target, signal)
  return await routersFor(options, { sides, from: otherSide(to), maxPauseMs, onEvent, signal })
}
