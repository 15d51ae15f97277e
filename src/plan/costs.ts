/**
 * What work costs, in milliseconds: only used to order steps and to say how long a run may take, so rough is fine.
 * Rates were measured on two cores (docs/benchmarks.md) and are those of one stream.
 */
const RATES = {
  copyBytesPerMs: 80_000,
  indexScanBytesPerMs: 400_000,
  indexBuildBytesPerMs: 60_000,
  validateBytesPerMs: 250_000,
} as const

const STATEMENT_MS = 1.5
const SMALL_COPY_MS = 3

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
