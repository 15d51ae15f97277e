import { writeFile } from 'node:fs/promises'
import { PgleapError } from '../errors.ts'
import { fixScript, junitXml, redactData, sarifLog } from '../report/index.ts'
import type { CheckReport, Redact } from '../report/index.ts'
import type { JsonFlag } from './invocation.ts'
import { assertWritable, cannotWrite } from './report-file.ts'
import { packageVersion } from './version.ts'

/** Where the report of a check goes beside the terminal; `-` is standard output. */
export interface CheckFiles {
  sarif?: string
  junit?: string
  fixSql?: string
}

const PRINTERS: Record<keyof CheckFiles, (report: CheckReport) => string | Promise<string>> = {
  sarif: (report) => `${JSON.stringify(sarifLog(report, packageVersion()), null, 2)}\n`,
  junit: async (report) => `${await junitXml(report)}\n`,
  fixSql: fixScript,
}
const KINDS = ['sarif', 'junit', 'fixSql'] as const

/**
 * Gets the files ready, before anything is looked at: each can be written. The function that comes back writes them, and
 * returns what is for standard output instead.
 */
export async function prepareCheckFiles(
  files: CheckFiles & JsonFlag,
  redact: Redact,
): Promise<(report: CheckReport) => Promise<string[]>> {
  const wanted = KINDS.flatMap((kind) => {
    const file = files[kind]
    return file === undefined ? [] : [{ file, print: PRINTERS[kind] }]
  })
  const printed = wanted.filter(({ file }) => file === '-').length
  if (printed + (files.json === true ? 1 : 0) > 1) {
    throw new PgleapError({
      code: 'usage.option',
      message: 'More than one of --json, --sarif -, --junit - and --fix-sql - would go to standard output.',
      hint: 'Name files for the others.',
      party: 'usage',
    })
  }
  for (const { file } of wanted) if (file !== '-') await assertWritable(file)
  return async (report) => {
    const safe = redactData(report, redact)
    const forStdout: string[] = []
    for (const { file, print } of wanted) {
      const text = await print(safe)
      if (file === '-') forStdout.push(text)
      else await writeFile(file, text).catch((cause: unknown) => Promise.reject(cannotWrite(file, cause)))
    }
    return forStdout
  }
}
