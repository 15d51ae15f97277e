import { styleText } from 'node:util'

/** Paints a word; the printers stay pure by taking one. `plain` paints nothing. */
export type Style = (look: Look, text: string) => string
export type Look = 'strong' | 'faint' | 'good' | 'bad' | 'care'

const LOOKS = { strong: 'bold', faint: 'dim', good: 'green', bad: 'red', care: 'yellow' } as const

export const plain: Style = (_, text) => text

/** Paints for a stream, and only where it is a terminal that wants colour (NO_COLOR, FORCE_COLOR: see node:util). */
export function styleFor(stream: NodeJS.WriteStream): Style {
  return (look, text) => (stream.isTTY ? styleText(LOOKS[look], text, { stream }) : text)
}

/**
 * Text that somebody else wrote (object names, servers' messages) as one line without control characters: a table may
 * be called "\e[2J", and a log line stays one line.
 */
export function oneLine(text: string): string {
  return text
    .replaceAll(/\s*[\n\r]\s*/gu, ' ')
    .replaceAll(/\p{Cc}/gu, (char) => `\\x${char.charCodeAt(0).toString(16).padStart(2, '0')}`)
    .trim()
}

/** Cuts a text to a width, and shows that it did. */
export function clip(text: string, width: number): string {
  const chars = Array.from(text)
  if (chars.length <= width) return text
  return `${chars.slice(0, Math.max(0, width - 3)).join('')}...`
}

/** `00:03:07` for 187,000 milliseconds: aligned, for lines of a log. */
export function clock(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000))
  return [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60]
    .map((part) => String(part).padStart(2, '0'))
    .join(':')
}

/** `1 table`, `2 tables`, `1,234 tables`. */
export function plural(count: number, one: string, many = `${one}s`): string {
  return `${count.toLocaleString('en-US')} ${count === 1 ? one : many}`
}

/** Breaks a line at blanks so that no line is wider; a longer word stands on a line of its own. */
export function wrap(text: string, width: number): string[] {
  const lines: string[] = []
  let line = ''
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line)
      line = word
    } else {
      line = line === '' ? word : `${line} ${word}`
    }
  }
  return [...lines, line]
}

/** Columns aligned by blanks; numbers to the right. Cells must be without style. */
export function columns(rows: readonly (readonly string[])[], align: readonly ('left' | 'right')[]): string[] {
  const widths = align.map((_, at) => rows.reduce((widest, row) => Math.max(widest, row[at]?.length ?? 0), 0))
  return rows.map((row) =>
    row
      .map((cell, at) => (align[at] === 'right' ? cell.padStart(widths[at] ?? 0) : cell.padEnd(widths[at] ?? 0)))
      .join('  ')
      .trimEnd(),
  )
}

/** Blocks of lines with an empty line between them; empty blocks vanish. */
export function paragraphs(blocks: readonly (readonly string[])[]): string {
  const full = blocks.filter((block) => block.length > 0)
  return `${full.map((block) => block.join('\n')).join('\n\n')}\n`
}

/** Wide enough for what most printers say, so that their values stand in one column. */
const LABEL_WIDTH = 9

/** Named values, one a line. */
export function fields(pairs: readonly (readonly [name: string, value: string])[], style: Style): string[] {
  const width = Math.max(LABEL_WIDTH, ...pairs.map(([name]) => name.length + 1))
  return pairs.map(([name, value]) => `  ${style('faint', name.padEnd(width))}${value}`)
}

/** The first of many lines, and where to find the rest. */
export function firstOf(lines: readonly string[], most: number, where: string): string[] {
  const rest = lines.length - most
  return rest > 0 ? [...lines.slice(0, most), `and ${rest.toLocaleString('en-US')} more; ${where}`] : [...lines]
}
