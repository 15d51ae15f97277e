import type { Builder } from 'junit-report-builder'
import { unreachable } from '../errors.ts'
import { SEVERITIES } from './check-report.ts'
import type { CheckReport } from './check-report.ts'
import type { CheckResult, Finding } from './findings.ts'
import { fixText } from './fix-text.ts'
import { oneLine } from './text.ts'

/**
 * The report as JUnit XML: a test case for each check. It fails where an open finding blocks or is an error; warnings and
 * waived findings are its output; what could not look is an error, which test reports never count as passed.
 */
export async function junitXml(report: CheckReport): Promise<string> {
  // Loaded where it is used: it takes longer to load than all else that a command needs before it begins.
  const { default: junit } = await import('junit-report-builder')
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- module.exports is the builder; its types speak of a `default`
  const xml = (junit as unknown as Builder).newBuilder()
  const suite = xml
    .testSuite()
    .name('pgleap check')
    .timestamp(report.startedAt)
    .time(report.ms / 1000)
  for (const result of report.results) {
    const test = suite.testCase().className(`pgleap.${result.id}`).name(`${result.id} ${result.title}`)
    switch (result.status) {
      case 'passed':
        break
      case 'skipped':
        test.skipped()
        break
      case 'unknown':
        test.error(oneLine(`could not look: ${result.reason}`), 'unknown')
        break
      case 'found': {
        const worst = worstOf(result.findings)
        if (worst !== undefined) test.failure(linesOf(result).join('\n'), worst)
        else test.standardOutput(linesOf(result).join('\n'))
        break
      }
      default:
        unreachable(result)
    }
  }
  return xml.build()
}

/** The severity that fails the test case, if there is one. */
function worstOf(findings: readonly Finding[]): 'block' | 'error' | undefined {
  const open = findings.filter(({ waived }) => waived === undefined).map(({ severity }) => severity)
  const worst = SEVERITIES.find((severity) => open.includes(severity))
  return worst === 'block' || worst === 'error' ? worst : undefined
}

function linesOf(result: CheckResult & { findings: readonly Finding[] }): string[] {
  return result.findings.map(({ severity, object, message, fix, waived }) => {
    const parts = [
      `${severity}:`,
      ...(object === undefined ? [] : [`${object}:`]),
      message,
      ...(fix === undefined ? [] : [`Fix: ${fixText(fix)}`]),
      ...(waived === undefined ? [] : [`(waived until ${waived.until}: ${waived.reason})`]),
    ]
    return oneLine(parts.join(' '))
  })
}
