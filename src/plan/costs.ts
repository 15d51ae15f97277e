/**
 * What work costs, in milliseconds: only used to order steps and to say how long a run may take, so rough is fine.
 * Rates are those of one of two streams on two cores that hold both servers: with them, the plan's estimates are within a
 * fifth of what the databases of docs/benchmarks.md took there. Another machine can well take half or twice as long.
 */
const RATES = {
  copyBytesPerMs: 70_000,
  indexScanBytesPerMs: 400_000,
  indexBuildBytesPerMs: 50_000,
  validateBytesPerMs: 250_000,
} as const

/** Of a statement and of a COPY among many in one transaction. */
const STATEMENT_MS = 0.8
const SMALL_COPY_MS = 1.6

export const statementCost = STATEMENT_MS

/** One COPY of so many bytes of heap and TOAST. */
export function copyCost(bytes: number): number {
  return SMALL_COPY_MS + bytes / RATES.copyBytesPerMs
}

/** One index of `indexBytes` on a table of `tableBytes`. */
export function indexCost(tableBytes: number, indexBytes: number): number {
  return STATEMENT_MS + tableBytes / RATES.indexScanBytesPerMs + indexBytes / RATES.indexBuildBytesPerMs
}

/** Validating one foreign key: both tables are read. */
export function validateCost(tableBytes: number, referencedBytes: number): number {
  return STATEMENT_MS + (tableBytes + referencedBytes) / RATES.validateBytesPerMs
}

/** ANALYZE reads a sample of at most 30,000 blocks. */
export function analyzeCost(blocks: number): number {
  return STATEMENT_MS + Math.min(blocks, 30_000) / 60
}
