import type { Log, Notification, ReportingDescriptor, Result } from 'sarif'
import { findingsOf } from './check-report.ts'
import type { CheckReport } from './check-report.ts'
import type { CheckResult, Finding, Severity } from './findings.ts'
import { fixText } from './fix-text.ts'

const LEVELS = { block: 'error', error: 'error', warning: 'warning', info: 'note' } as const satisfies Record<
  Severity,
  Result.level
>

/**
 * The report in SARIF 2.1.0 (OASIS): a rule for each check, a result for each finding, a suppression where a waiver
 * silences it. A check that could not look is a notification, so that nobody takes its silence for passing.
 */
export function sarifLog(report: CheckReport, version: string): Log {
  const unknown = report.results.flatMap((result) => (result.status === 'unknown' ? [notification(result)] : []))
  return {
    $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
    version: '2.1.0',
    runs: [
      {
        tool: { driver: { name: 'pgleap', semanticVersion: version, rules: report.results.map(rule) } },
        invocations: [
          {
            executionSuccessful: true,
            startTimeUtc: report.startedAt,
            ...(unknown.length === 0 ? {} : { toolExecutionNotifications: unknown }),
          },
        ],
        results: findingsOf(report.results).map((finding) =>
          resultOf(
            finding,
            report.results.findIndex(({ id }) => id === finding.id),
          ),
        ),
        properties: { verdict: report.verdict, paths: [...report.paths] },
      },
    ],
  }
}

function rule({ id, title, severity, paths }: CheckResult): ReportingDescriptor {
  return {
    id,
    shortDescription: { text: title },
    defaultConfiguration: { level: LEVELS[severity] },
    properties: { severity, paths: [...paths] },
  }
}

function resultOf({ id, severity, object, message, fix, waived }: Finding, ruleIndex: number): Result {
  const text = object === undefined ? message : `${object}: ${message}`
  return {
    ruleId: id,
    ruleIndex,
    level: LEVELS[severity],
    message: { text: fix === undefined ? text : `${text} Fix: ${fixText(fix)}` },
    ...(object === undefined ? {} : { locations: [{ logicalLocations: [{ fullyQualifiedName: object }] }] }),
    // Two runs name the same finding alike, whatever numbers its message has.
    partialFingerprints: { 'finding/v1': `${id}:${object ?? ''}` },
    ...(waived === undefined
      ? {}
      : { suppressions: [{ kind: 'external', justification: `${waived.reason} (until ${waived.until})` }] }),
    properties: { severity },
  }
}

function notification({ id, title, reason }: CheckResult & { reason: string }): Notification {
  return { level: 'warning', associatedRule: { id }, message: { text: `${title}: could not look. ${reason}` } }
}
