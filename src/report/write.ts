import { extname } from 'node:path'
import { PgleapError } from '../errors.ts'
import { htmlReport } from './html.ts'
import { markdownReport } from './markdown.ts'
import { redactData } from './redact.ts'
import type { Redact } from './redact.ts'
import type { OneRun } from './origin.ts'
import { serverHtmlReport } from './server-html.ts'
import { serverMarkdownReport } from './server-markdown.ts'
import type { ServerReport } from './server-report.ts'

/** Of one database, or of a whole server. */
type AnyReport = OneRun | ServerReport

const FORMATS: Record<string, (report: AnyReport) => string> = {
  '.json': (report) => `${JSON.stringify(report, null, 2)}\n`,
  '.md': (report) => ('databases' in report ? serverMarkdownReport(report) : markdownReport(report)),
  '.html': (report) => ('databases' in report ? serverHtmlReport(report) : htmlReport(report)),
}

/**
 * The printer that a report file's name asks for: `.json`, `.md` or `.html`. To be called before a run starts, so that a
 * misspelt name does not show after hours of work. What it prints is redacted first, value by value.
 * Throws PgleapError `usage.report` for any other name.
 */
export function reportPrinter(file: string): (report: AnyReport, redact: Redact) => string {
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
