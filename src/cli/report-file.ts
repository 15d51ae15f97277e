import { open, writeFile } from 'node:fs/promises'
import { PgleapError } from '../errors.ts'
import { reportPrinter } from '../report/index.ts'
import type { Redact, RestoreReport, RunReport, ServerReport } from '../report/index.ts'

/** Writes the report of a run, once there is one. */
export type WriteReport = (report: RunReport | RestoreReport | ServerReport) => Promise<void>

/**
 * Gets a report file ready: its ending names a known form, and it can be written. Both are looked at before a run
 * starts, as afterwards it is too late. Without a file nothing is written.
 */
export async function prepareReport(file: string | undefined, redact: Redact): Promise<WriteReport> {
  if (file === undefined) return () => Promise.resolve()
  const print = reportPrinter(file)
  await assertWritable(file)
  return async (report) => {
    try {
      await writeFile(file, print(report, redact))
    } catch (cause) {
      throw cannotWrite(file, cause)
    }
  }
}

/** @throws PgleapError `report.write` */
export async function assertWritable(file: string): Promise<void> {
  try {
    const handle = await open(file, 'a')
    await handle.close()
  } catch (cause) {
    throw cannotWrite(file, cause)
  }
}

export function cannotWrite(file: string, cause: unknown): PgleapError {
  const why = cause instanceof Error && 'code' in cause ? ` (${String(cause.code)})` : ''
  return new PgleapError({
    code: 'report.write',
    message: `The report file ${file} cannot be written${why}.`,
    hint: 'Name a file in a folder that exists and that you may write to.',
    party: 'usage',
    cause,
  })
}
