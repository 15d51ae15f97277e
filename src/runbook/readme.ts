import type { CheckReport, Finding, PlanReport } from '../report/index.ts'
import { fixText, openFindings, SEVERITIES } from '../report/index.ts'
import { formatBytes, formatCount, formatDuration } from '../units.ts'
import type { Recommendation, RecommendFacts, Way } from './recommend.ts'
import type { RunbookStep } from './step.ts'

export interface ReadmeFacts {
  way: Way
  recommendation: Recommendation
  measured: RecommendFacts
  plan: PlanReport
  check: CheckReport
  steps: readonly RunbookStep[]
  /** Whether somebody said how long writes may stop. */
  pause: 'given' | 'assumed'
  /** ISO 8601, UTC. */
  writtenAt: string
}

const MOST_FINDINGS = 20

/** The runbook's README: what is to be done, by whom, how long it takes, what to watch, how to go back. Pure. */
export function readme(facts: ReadmeFacts): string {
  const { plan, check, way, steps } = facts
  const lines = [
    `# Runbook: ${plain(plan.source.database)}, ${plan.source.version} to ${plan.target.version}, ${way}`,
    '',
    `Written by \`pgleap plan --runbook\` on ${facts.writtenAt.slice(0, 10)}. Read all of it before you begin; the scripts are run in the order of their numbers.`,
    '',
    ...table(
      ['', 'server', 'PostgreSQL', 'service', 'database', 'as user'],
      [endRow('source', plan.source, check.source.provider), endRow('target', plan.target, check.target?.provider)],
    ),
    '',
    ...chapter('Why ' + way, why(facts)),
    ...chapter('Size and time', sizes(facts)),
    ...chapter('Passwords', [
      'None is in this folder. `activate` has the connection strings, and the lines that it looks for in `~/.pgpass` (mode 0600); whoever runs a script needs them there, or in the file that PGPASSFILE names.',
    ]),
    ...chapter('To mend first', findings(check, way)),
    ...chapter('Steps', [
      ...table(
        ['', 'what', 'who', 'script', 'takes'],
        steps.map(({ number, title, who, script, takes, when }) => [
          number,
          when === undefined ? title : `${title} (${when})`,
          who,
          script === undefined ? 'by hand' : `\`${script.name}\``,
          takes,
        ]),
      ),
      '',
      'A script takes the options of its command, too: `./10-check.sh --skip ID`. It leaves with the exit code of pgleap; 0 is the one to go on with, unless the step says otherwise. Reports land in `results/`.',
    ]),
    ...steps.flatMap(({ number, title, script, watch, back }) => [
      `### ${number} ${title}`,
      '',
      ...(script === undefined ? [] : ['```sh', `./${script.name}`, '```', '']),
      `- **Watch:** ${watch}`,
      `- **Back:** ${back}`,
      '',
    ]),
    ...chapter('If it breaks', broken(way)),
  ]
  return `${lines.join('\n').trimEnd()}\n`
}

function why({ recommendation, way }: ReadmeFacts): string[] {
  const { way: recommended, reasons } = recommendation
  const text = reasons.join(' ')
  return [recommended === way ? text : `**pgleap recommends ${recommended}; this way was asked for.** ${text}`]
}

function sizes({ plan, measured, way, pause }: ReadmeFacts): string[] {
  const { offline, writes } = measured
  const basis =
    offline.basis === 'rehearsal'
      ? 'as the rehearsal predicts'
      : 'a guess from sizes; step 35 measures, and with its prediction this runbook can be written anew'
  return [
    `- ${formatBytes(plan.bytes)} in ${formatCount(plan.tables.length)} tables, indexes not counted`,
    `- copying and comparing take about ${formatDuration(offline.likelyMs)}, at most ${formatDuration(offline.highMs)} (${basis})`,
    `- writes may stop for ${formatDuration(measured.allowedPauseMs)}${pause === 'assumed' ? ' (assumed; `--allowed-pause` says it)' : ''}${way === 'online' ? '; online they stop for seconds' : ''}`,
    `- while this was written, the source wrote ${formatCount(Math.round(writes.rowsPerSecond))} rows and ${formatBytes(writes.walBytesPerSecond)} of WAL a second (looked at for ${formatDuration(writes.sampledMs)})`,
    ...(writes.average === undefined ? [] : [`- ${plain(writes.average)}`]),
  ]
}

/** Names roles that are missing on the target, which step 30 brings. */
const MENDED_BY_STEP_30 = 'R12'

/** The findings of the chosen way that want a decision; step 10 has them all, as they are by then. */
function findings(check: CheckReport, way: Way): string[] {
  const open = openFindings(check.results)
  const roles = open.filter(({ id }) => id === MENDED_BY_STEP_30)
  const serious = SEVERITIES.slice(0, 2).flatMap((severity) =>
    open.filter((finding) => finding.severity === severity && !roles.includes(finding)),
  )
  const blind = check.results.filter(({ status }) => status === 'unknown').length
  const rest = serious.length - MOST_FINDINGS
  return [
    `\`pgleap check --path ${way}\` said ${check.verdict} when this was written, with ${String(open.length)} findings.`,
    '',
    ...serious.slice(0, MOST_FINDINGS).map(findingLine),
    ...(rest > 0 ? [`- and ${String(rest)} more: step 10 lists them`] : []),
    ...(roles.length > 0 ? [`- ${String(roles.length)} roles are missing on the target: step 30 brings them`] : []),
    ...(blind > 0 ? [`- ${String(blind)} checks could not look: step 10 says why`] : []),
    ...(serious.length + roles.length + blind === 0 ? ['Nothing that blocks or fails in part.'] : []),
  ]
}

function findingLine({ id, severity, object, message, fix }: Finding): string {
  const where = object === undefined ? '' : ` ${plain(object)}:`
  return `- **${id}** (${severity === 'block' ? 'blocks' : 'fails in part'})${where} ${plain(message)}${mend(fix)}`
}

function mend(fix: Finding['fix']): string {
  if (fix === undefined) return ''
  return fix.kind === 'sql' ? ` Mend on the ${fix.side}: ${code(fix.sql)}` : ` Mend: ${plain(fixText(fix))}`
}

function broken(way: Way): string[] {
  return way === 'offline'
    ? [
        'The record of what is done is in the target itself (schema `pgleap`), written together with the work. So run the same script again, from any machine. `pgleap status "$DST"` tells how far it is; `docs/exit-codes.md` of pgleap tells who has to act for which exit code.',
      ]
    : [
        'What was made on both sides is on record in the target (schema `pgleap_online`). After a kill run the same script again: it ends with exactly one side that takes writes. `./50-online-status.sh` tells where things are.',
      ]
}

function chapter(title: string, lines: readonly string[]): string[] {
  return [`## ${title}`, '', ...lines, '']
}

function endRow(name: string, end: PlanReport['source'], provider = ''): string[] {
  return [name, `${plain(end.host)}:${String(end.port)}`, end.version, provider, plain(end.database), plain(end.user)]
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  return [head, head.map(() => '---'), ...rows].map(tableLine)
}

function tableLine(cells: readonly string[]): string {
  return `| ${cells.map((cell) => cell.replaceAll('|', String.raw`\|`)).join(' | ')} |`
}

/** Names and messages of others on one line, in which Markdown sees no markup of theirs. */
function plain(text: string): string {
  return text.replaceAll(/\s*[\n\r]+\s*/gu, ' ').replaceAll(/[\\`*_[\]<>#]/gu, '\\$&')
}

/** A code span that shows the text as it is: its fence is longer than any run of backticks in it (CommonMark, 6.1). */
function code(text: string): string {
  const runs = text.match(/`+/gu) ?? []
  const fence = '`'.repeat(Math.max(0, ...runs.map(({ length }) => length)) + 1)
  const pad = runs.length === 0 ? '' : ' '
  return `${fence}${pad}${text.replaceAll(/\s*[\n\r]+\s*/gu, ' ')}${pad}${fence}`
}
