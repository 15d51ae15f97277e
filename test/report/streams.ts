import * as fc from 'fast-check'
import type { Event } from '../../src/report/index.ts'

const at = fc.integer({ min: 0, max: 10_000_000 })
const count = fc.integer({ min: 0, max: 1_000_000_000 })
/** Names and messages that others write: any text at all, control characters and markup among it. */
const words = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc.constantFrom('\u001b[2J', 'a\nb', '<script>', 'x|y', '***', '\u0007'),
)
const step = fc.record({
  id: fc.integer({ min: 1, max: 20 }),
  kind: fc.constantFrom('copy', 'index', 'sql'),
  label: words,
  table: words,
  bytes: count,
  cost: count,
})
const phase = fc.constantFrom('connect', 'schema', 'plan', 'run', 'verify', 'finish' as const)
const verdict = fc.constantFrom('SAME', 'DIFFERENT', 'UNKNOWN' as const)

/** Any event whatever, plausible or not. */
const event: fc.Arbitrary<Event> = fc.oneof(
  fc.record({ type: fc.constant('phase' as const), at, phase }),
  fc.record({
    type: fc.constant('notice' as const),
    at,
    level: fc.constantFrom('info', 'warning' as const),
    code: fc.constantFrom('target.statement', 'connect.lost'),
    message: words,
    object: words,
    hint: words,
  }),
  fc.record({
    type: fc.constant('plan' as const),
    at,
    steps: count,
    tables: count,
    bytes: count,
    estimateMs: count,
    cost: count,
  }),
  fc.record({ type: fc.constant('step-started' as const), at, step }),
  fc.record({ type: fc.constant('step-progress' as const), at, step, bytes: count, rows: count }),
  fc.record({
    type: fc.constant('index-progress' as const),
    at,
    index: words,
    table: words,
    phase: words,
    fraction: fc.double({ min: 0, max: 1, noNaN: true }),
  }),
  fc.record({ type: fc.constant('step-retry' as const), at, step, attempt: count, waitMs: count, reason: words }),
  fc.record({ type: fc.constant('step-done' as const), at, step, ms: count, bytes: count, rows: count }),
  fc.record({
    type: fc.constant('step-failed' as const),
    at,
    step,
    code: fc.constantFrom('target.statement', 'connect.lost'),
    message: words,
    sqlstate: words,
  }),
  fc.record({
    type: fc.constant('resumed' as const),
    at,
    done: count,
    left: count,
    snapshot: fc.constantFrom('same', 'new' as const),
  }),
  fc.record({
    type: fc.constant('verified' as const),
    at,
    object: words,
    kind: fc.constant('table'),
    verdict,
    detail: words,
  }),
  fc.record({ type: fc.constant('finished' as const), at, ms: count, verdict, failures: count }),
)

export const eventStream = fc.array(event, { maxLength: 60 })
