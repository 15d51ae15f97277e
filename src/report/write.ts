import { extname } from 'node:path'
import { PgleapError } from '../errors.ts'
import { htmlReport } from './html.ts'
import { markdownReport } from './markdown.ts'
import { redactData } from './redact.ts'
import type { Redact } from './redact.ts'
import type { RunReport } from './result.ts'

const FORMATS: Record<string, (report: RunReport) => string> = {
  '.json': (report) => `${JSON.stringify(report, null, 2)}\n`,
  '.md': markdownReport,
  '.html': htmlReport,
}

/**
 * The printer that a report file's name asks for: `.json`, `.md` or `.html`. To be called before a run starts, so that a
 * misspelt name does not show after hours of work. What it prints is redacted first, value by value.
 * Throws PgleapError `usage.report` for any other name.
 */
export function reportPrinter(file: string): (report: RunReport, redact: Redact) => string {
  const print = FORMATS[extname(file).toLowerCase()]
  if (print === undefined) {
    throw new PgleapError({
      code: 'usage.report',
      message: `Reports are written as .json, .md or .html, and ${file} is none of these.`,
      hint: 'Give the file one of these endings.',
      party: 'usage',
    })
  }
  return (report, redact) => print(redactData(report, redact))
}
