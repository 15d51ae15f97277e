import { readFile } from 'node:fs/promises'
import { PgleapError } from '../errors.ts'
import type { Prediction, PredictionOutcome, RunReport } from '../report/index.ts'

export type KnownPrediction = Pick<Prediction, 'totalMs' | 'lowMs' | 'highMs'> & {
  tables: readonly Pick<Prediction['tables'][number], 'table' | 'copyMs' | 'indexMs'>[]
}

/**
 * Reads what `rehearse --save` wrote.
 *
 * @throws PgleapError `usage.prediction`
 */
export async function readPrediction(path: string): Promise<KnownPrediction> {
  const { z } = await import('zod')
  const ms = z.number().nonnegative()
  // What is used of the file; `rehearse --save` writes more.
  const schema = z.object({
    version: z.literal(1),
    totalMs: ms,
    lowMs: ms,
    highMs: ms,
    tables: z.array(z.object({ table: z.string(), copyMs: ms, indexMs: ms })),
  })
  try {
    return schema.parse(JSON.parse(await readFile(path, 'utf8')))
  } catch (cause) {
    throw new PgleapError({
      code: 'usage.prediction',
      message: `The file ${path} holds no prediction.`,
      hint: 'Name a file that `pgleap rehearse --save FILE` of this version wrote.',
      party: 'usage',
      cause,
    })
  }
}

/** Listed are those that matter: by the time that they were off. */
const MOST_TABLES = 5

/** How good a prediction was, once the run is over. Pure. */
export function comparePrediction(
  prediction: KnownPrediction,
  { ms: realMs, tables }: Pick<RunReport, 'ms' | 'tables'>,
): PredictionOutcome {
  const { totalMs, lowMs, highMs } = prediction
  const real = new Map(tables.map(({ table, copyMs, indexMs }) => [table, copyMs + indexMs]))
  const off = prediction.tables.flatMap(({ table, copyMs, indexMs }) => {
    const took = real.get(table)
    return took === undefined ? [] : [{ table, predictedMs: copyMs + indexMs, realMs: took }]
  })
  return {
    predictedMs: totalMs,
    lowMs,
    highMs,
    realMs,
    within: realMs < lowMs ? 'faster' : realMs > highMs ? 'slower' : 'yes',
    tables: off.toSorted((one, other) => errorOf(other) - errorOf(one)).slice(0, MOST_TABLES),
  }
}

function errorOf({ realMs, predictedMs }: PredictionOutcome['tables'][number]): number {
  return Math.abs(realMs - predictedMs)
}
