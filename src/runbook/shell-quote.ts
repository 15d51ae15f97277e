/** Words in which a shell sees nothing special, behind a command or an assignment. */
const PLAIN = /^[A-Za-z0-9_.,:/@%+=-]+$/u

/**
 * One word for a POSIX shell, which reads back exactly the text: nothing is special between single quotes but the closing one
 * (POSIX.1, Shell Command Language, 2.2.2). The only place that quotes for a shell. A word cannot hold NUL.
 */
export function shellQuote(text: string): string {
  return PLAIN.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`
}
