import { buildGraph, chainCosts } from './graph.ts'
import type { Graph } from './graph.ts'
import { Heap } from './heap.ts'
import { LockTable } from './locks.ts'
import type { HeldLocks } from './locks.ts'
import type { Step } from './step.ts'

/** When a batch is full: at the sum of its steps' costs, or at a number of steps. */
export interface BatchLimit {
  cost: number
  steps: number
}

/** Steps that are run together, in this order, in one transaction. */
export interface Piece<W = unknown> {
  steps: Step<W>[]
  locks: HeldLocks
}

export interface ScheduleOptions {
  /** Ids of the steps that are done already. */
  done: Iterable<number>
  workers: number
  batch?: BatchLimit | undefined
  /** Steps of later stages are left alone. */
  lastStage?: number | undefined
}

const DEFAULT_BATCH: BatchLimit = { cost: 500, steps: 200 }

// What a step is to the schedule. A parked one would be ready but for a lock.
const WAITING = 0
const READY = 1
const PARKED = 2
const RUNNING = 3
const DONE = 4
const FAILED = 5
const BLOCKED = 6

/** The place of a stage that is not to be entered. */
const NEVER = -1

/**
 * Decides what runs next; knows no server and no clock. `next` gives a piece of work or undefined, which means that
 * nothing can start until a piece is reported as `succeeded` or `failed`. It promises:
 * - every step is handed out until it has succeeded or failed once alone, or is blocked by a step that failed;
 * - order, stages and locks as step.ts says; nothing that could start is held back;
 * - the longest chain of cost goes first (D6), then the lowest id;
 * - where a batch fails, its steps come again one by one, so that one bad object does not take others with it.
 *
 * O(log n) a step. Throws `internal.plan` for a plan that cannot come to an end.
 */
export class Schedule<W = unknown> {
  readonly #steps: readonly Step<W>[]
  readonly #graph: Graph
  readonly #workers: number
  readonly #limit: BatchLimit
  readonly #states: Uint8Array
  /** Unmet entries of `dependsOn` and `after`; a step that is ready has none. */
  readonly #waits: Int32Array
  /** Steps whose batch has failed. */
  readonly #alone = new Set<number>()
  /** Steps that may start, by priority. What is no longer ready is left in and skipped when it comes up. */
  readonly #ready: Heap
  /** The same for the steps of one batch key, by id. */
  readonly #pools = new Map<string, { heap: Heap; ready: number }>()
  readonly #locks: LockTable
  readonly #stages: { members: number[]; left: number }[]
  readonly #stageOf: Int32Array
  #stage = -1

  constructor(steps: readonly Step<W>[], options: ScheduleOptions) {
    const graph = buildGraph(steps)
    this.#steps = steps
    this.#graph = graph
    this.#workers = options.workers
    this.#limit = options.batch ?? DEFAULT_BATCH
    this.#states = new Uint8Array(steps.length)
    for (const id of options.done) this.#states[id - 1] = DONE

    const chain = chainCosts(steps, graph, (at) => this.#states[at] === DONE)
    const byPriority = (a: number, b: number): boolean => {
      const difference = (chain[b] ?? 0) - (chain[a] ?? 0)
      return difference === 0 ? a < b : difference < 0
    }
    this.#ready = new Heap(byPriority)
    this.#locks = new LockTable(byPriority)

    const { lastStage = Infinity } = options
    const numbers = [...new Set(steps.map((step) => step.stage))]
      .filter((stage) => stage <= lastStage)
      .toSorted((a, b) => a - b)
    const places = new Map(numbers.map((stage, place) => [stage, place]))
    this.#stages = numbers.map(() => ({ members: [], left: 0 }))
    this.#stageOf = Int32Array.from(steps, (step) => places.get(step.stage) ?? NEVER)
    this.#waits = Int32Array.from(steps, (step) => {
      const isUnmet = (id: number): boolean => this.#states[id - 1] !== DONE
      return step.dependsOn.filter(isUnmet).length + step.after.filter(isUnmet).length
    })
    for (const [at, state] of this.#states.entries()) {
      const stage = this.#stages[this.#stageOf[at] ?? NEVER]
      if (state === DONE || stage === undefined) continue
      stage.members.push(at)
      stage.left += 1
    }
    this.#enterStage()
  }

  /** True once every step is done, failed or blocked. */
  get finished(): boolean {
    return this.#stage >= this.#stages.length
  }

  /** The steps that a failure keeps from running, so far. */
  get blocked(): Step<W>[] {
    return this.#steps.filter((_, at) => this.#states[at] === BLOCKED)
  }

  next(): Piece<W> | undefined {
    for (;;) {
      const seed = this.#ready.pop()
      if (seed === undefined) return undefined
      if (this.#states[seed] !== READY) continue
      const locks: HeldLocks = new Map()
      const key = this.#batchOf(seed)
      if (key === undefined) {
        if (this.#take(seed, locks)) return this.#piece([seed], locks)
        continue
      }
      const members = this.#formBatch(key, locks)
      // The lowest ids went first, perhaps without the step that brought us here.
      if (this.#states[seed] === READY && members.length > 0) this.#ready.push(seed)
      if (members.length > 0) return this.#piece(members, locks)
    }
  }

  succeeded(piece: Piece<W>): void {
    for (const step of piece.steps) this.#states[step.id - 1] = DONE
    for (const step of piece.steps) {
      for (const later of this.#graph.dependents[step.id - 1] ?? []) this.#unblock(later)
      this.#finish(step.id - 1)
    }
    this.#free(piece)
  }

  /**
   * The piece has left nothing behind. Says what that means: `retry-alone` for a batch, whose steps come again one by
   * one, `failed` for a single step, which blocks all that depends on it.
   */
  failed(piece: Piece<W>): 'failed' | 'retry-alone' {
    const [only] = piece.steps
    const verdict = piece.steps.length === 1 ? 'failed' : 'retry-alone'
    if (verdict === 'failed' && only !== undefined) {
      this.#states[only.id - 1] = FAILED
      this.#block(only.id - 1)
      this.#finish(only.id - 1)
    } else {
      for (const { id } of piece.steps) {
        this.#alone.add(id - 1)
        this.#states[id - 1] = WAITING
        if (this.#waits[id - 1] === 0) this.#makeReady(id - 1)
      }
    }
    this.#free(piece)
    return verdict
  }

  /** The piece was not begun: its steps come again, for another worker. */
  returned(piece: Piece<W>): void {
    for (const { id } of piece.steps) {
      this.#states[id - 1] = WAITING
      if (this.#waits[id - 1] === 0) this.#makeReady(id - 1)
    }
    this.#free(piece)
  }

  #piece(members: number[], locks: HeldLocks): Piece<W> {
    return { steps: members.flatMap((at) => this.#steps[at] ?? []), locks }
  }

  /** Members in the order in which they run: always the lowest id that may come next. */
  #formBatch(key: string, locks: HeldLocks): number[] {
    const pool = this.#pool(key)
    const members: number[] = []
    // Each worker gets its share of what is ready; a chain of steps that only this batch makes ready comes on top.
    let share = Math.min(this.#limit.steps, Math.ceil(pool.ready / this.#workers))
    let cost = 0
    const met = new Map<number, number>()
    const joining = new Heap((a, b) => a < b)
    while (members.length < this.#limit.steps) {
      const fromPool = share > 0 ? this.#peekPool(key) : undefined
      const fromBatch = joining.peek()
      const isJoining = fromBatch !== undefined && (fromPool === undefined || fromBatch < fromPool)
      const candidate = isJoining ? fromBatch : fromPool
      if (candidate === undefined) break
      const candidateCost = this.#steps[candidate]?.cost ?? 0
      if (members.length > 0 && cost + candidateCost > this.#limit.cost) break
      if (isJoining) {
        joining.pop()
        if (!this.#join(candidate, locks)) continue
      } else {
        pool.heap.pop()
        if (!this.#take(candidate, locks)) continue
        share -= 1
      }
      cost += candidateCost
      members.push(candidate)
      for (const lists of [this.#graph.dependents, this.#graph.followers]) {
        for (const later of lists[candidate] ?? []) {
          const count = (met.get(later) ?? 0) + 1
          met.set(later, count)
          if (count === this.#waits[later] && this.#mayJoin(later, key)) joining.push(later)
        }
      }
    }
    return members
  }

  #mayJoin(at: number, key: string): boolean {
    return this.#states[at] === WAITING && this.#stageOf[at] === this.#stage && this.#batchOf(at) === key
  }

  /** Takes a step that is ready, or parks it where a running piece holds a lock against it. */
  #take(at: number, locks: HeldLocks): boolean {
    const wanted = this.#steps[at]?.locks ?? []
    const conflict = this.#locks.conflict(wanted, locks)
    const key = this.#batchOf(at)
    if (conflict === undefined) {
      this.#hold(at, locks)
      if (key !== undefined) this.#pool(key).ready -= 1
    } else {
      this.#states[at] = PARKED
      this.#locks.park(at, conflict, key)
    }
    this.#wake(this.#locks.settled(at))
    return conflict === undefined
  }

  /** Takes a step that waits for nothing but earlier members of the batch. */
  #join(at: number, locks: HeldLocks): boolean {
    const wanted = this.#steps[at]?.locks ?? []
    if (this.#locks.conflict(wanted, locks) !== undefined) return false
    this.#hold(at, locks)
    return true
  }

  #hold(at: number, locks: HeldLocks): void {
    this.#states[at] = RUNNING
    const news = this.#locks.hold(this.#steps[at]?.locks ?? [], locks)
    const key = this.#batchOf(at)
    if (key === undefined) return
    for (const object of news) this.#wake(this.#locks.wakeForBatch(object, key, this.#limit.steps))
  }

  #free(piece: Piece<W>): void {
    this.#wake(this.#locks.release(piece.locks))
  }

  #wake(steps: number[]): void {
    for (const at of steps) {
      this.#states[at] = READY
      this.#offer(at)
    }
  }

  #makeReady(at: number): void {
    this.#states[at] = READY
    const key = this.#batchOf(at)
    if (key !== undefined) this.#pool(key).ready += 1
    this.#offer(at)
  }

  #offer(at: number): void {
    this.#ready.push(at)
    const key = this.#batchOf(at)
    if (key !== undefined) this.#pool(key).heap.push(at)
  }

  #unblock(at: number): void {
    const waits = (this.#waits[at] ?? 0) - 1
    this.#waits[at] = waits
    if (waits === 0 && this.#states[at] === WAITING && this.#stageOf[at] === this.#stage) this.#makeReady(at)
  }

  /** Blocks all that depends on a failed step, directly or not. */
  #block(failed: number): void {
    const open = [failed]
    for (let at = open.pop(); at !== undefined; at = open.pop()) {
      for (const later of this.#graph.dependents[at] ?? []) {
        if (this.#states[later] !== WAITING) continue
        this.#states[later] = BLOCKED
        this.#finish(later)
        open.push(later)
      }
    }
  }

  /** A step that is done, failed or blocked lets those go that only had to come after it, and the stage go on. */
  #finish(at: number): void {
    for (const later of this.#graph.followers[at] ?? []) this.#unblock(later)
    const stage = this.#stages[this.#stageOf[at] ?? NEVER]
    if (stage === undefined) return
    stage.left -= 1
    if (stage.left === 0 && this.#stageOf[at] === this.#stage) this.#enterStage()
  }

  #enterStage(): void {
    do this.#stage += 1
    while (this.#stages[this.#stage]?.left === 0)
    for (const at of this.#stages[this.#stage]?.members ?? []) {
      if (this.#waits[at] === 0 && this.#states[at] === WAITING) this.#makeReady(at)
    }
  }

  #batchOf(at: number): string | undefined {
    return this.#alone.has(at) ? undefined : this.#steps[at]?.batch
  }

  #peekPool(key: string): number | undefined {
    const { heap } = this.#pool(key)
    for (;;) {
      const at = heap.peek()
      if (at === undefined || (this.#states[at] === READY && this.#batchOf(at) === key)) return at
      heap.pop()
    }
  }

  #pool(key: string): { heap: Heap; ready: number } {
    let pool = this.#pools.get(key)
    if (pool === undefined) {
      pool = { heap: new Heap((a, b) => a < b), ready: 0 }
      this.#pools.set(key, pool)
    }
    return pool
  }
}
