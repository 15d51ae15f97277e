import { Heap } from './heap.ts'
import type { Lock } from './step.ts'

/** The locks of one piece of work, the strongest mode of each object. Members of one piece do not conflict. */
export type HeldLocks = Map<string, Lock['mode']>

/** Steps that are ready but for one lock, of one mode and one batch key. */
interface Lane {
  object: string
  mode: Lock['mode']
  batch: string | undefined
  heap: Heap
}

interface LockState {
  shared: number
  exclusive: boolean
  lanes: Map<string, Lane>
}

/**
 * Which objects are locked by running pieces, and who waits for them.
 *
 * A step that meets a conflict is parked in a lane. Invariant: a lane whose mode would now be granted is empty, or one
 * of its steps is awake (back in the schedule's heap) and, once it is settled, wakes the next. So a step costs O(log n)
 * a change of a lock, however many wait for it, and none is forgotten.
 */
export class LockTable {
  readonly #states = new Map<string, LockState>()
  readonly #laneOf = new Map<number, Lane>()
  readonly #byPriority: (a: number, b: number) => boolean

  constructor(byPriority: (a: number, b: number) => boolean) {
    this.#byPriority = byPriority
  }

  /** The first of the locks that another piece than the one that holds `own` stands against. */
  conflict(locks: readonly Lock[], own: HeldLocks): Lock | undefined {
    return locks.find((lock) => {
      const state = this.#states.get(lock.object)
      return state !== undefined && own.get(lock.object) !== 'exclusive' && !isFree(state, lock, own)
    })
  }

  /** Adds locks to a piece, and returns the objects on which it now holds more than before. */
  hold(locks: readonly Lock[], own: HeldLocks): string[] {
    const news: string[] = []
    for (const { object, mode } of locks) {
      const held = own.get(object)
      if (held === mode || held === 'exclusive') continue
      const state = this.#state(object)
      if (held === 'shared') state.shared -= 1
      if (mode === 'shared') state.shared += 1
      else state.exclusive = true
      own.set(object, mode)
      news.push(object)
    }
    return news
  }

  /** Frees all locks of a piece and returns the steps that this wakes. */
  release(own: HeldLocks): number[] {
    const woken: number[] = []
    for (const [object, mode] of own) {
      const state = this.#state(object)
      if (mode === 'shared') state.shared -= 1
      else state.exclusive = false
      for (const lane of state.lanes.values()) woken.push(...this.#wakeNext(lane))
      if (state.shared === 0 && !state.exclusive && state.lanes.size === 0) this.#states.delete(object)
    }
    return woken
  }

  park(step: number, lock: Lock, batch: string | undefined): void {
    const { lanes } = this.#state(lock.object)
    const name = `${lock.mode} ${batch ?? ''}`
    let lane = lanes.get(name)
    if (lane === undefined) {
      // A batch takes its members in the order of their ids, so the lane gives them in that order too.
      const heap = new Heap(batch === undefined ? this.#byPriority : (a, b) => a < b)
      lane = { object: lock.object, mode: lock.mode, batch, heap }
      lanes.set(name, lane)
    }
    lane.heap.push(step)
  }

  /** To be called when a step that had been woken is taken or parked again: wakes the next of the lane it came from. */
  settled(step: number): number[] {
    const lane = this.#laneOf.get(step)
    if (lane === undefined) return []
    this.#laneOf.delete(step)
    return this.#wakeNext(lane)
  }

  /** Wakes up to `limit` steps of a batch for which the piece that holds `own` is itself the obstacle. */
  wakeForBatch(object: string, batch: string, limit: number): number[] {
    const woken: number[] = []
    for (const lane of this.#states.get(object)?.lanes.values() ?? []) {
      if (lane.batch !== batch) continue
      while (woken.length < limit && lane.heap.size > 0) woken.push(...this.#pop(lane))
    }
    return woken
  }

  #wakeNext(lane: Lane): number[] {
    return isFree(this.#state(lane.object), lane, new Map()) ? this.#pop(lane) : []
  }

  #pop(lane: Lane): number[] {
    const step = lane.heap.pop()
    if (step === undefined) return []
    this.#laneOf.set(step, lane)
    return [step]
  }

  #state(object: string): LockState {
    let state = this.#states.get(object)
    if (state === undefined) {
      state = { shared: 0, exclusive: false, lanes: new Map() }
      this.#states.set(object, state)
    }
    return state
  }
}

function isFree(state: LockState, lock: { object: string; mode: Lock['mode'] }, own: HeldLocks): boolean {
  if (state.exclusive) return false
  return lock.mode === 'shared' || state.shared === (own.has(lock.object) ? 1 : 0)
}
