import { invoke, type Invocation } from '../invocation.ts'

/** Runs the body of a step of an online migration: after Ctrl-C it is these commands that know how to go on. */
export function invokeOnline(
  step: 'start' | 'cutover' | 'rollback' | 'finish' | 'abort' | 'sync-schema' | 'status' | 'watch' | 'plan',
  json: true | undefined,
  body: (invocation: Invocation) => Promise<number>,
): Promise<number> {
  const hint = `\`pgleap online status TARGET\` shows where it stands${AGAIN[step]}`
  return invoke(json, body, hint)
}

const AGAIN = {
  start: '; `pgleap online start SOURCE TARGET` again goes on, and `abort` gives it up.',
  cutover: '; `pgleap online cutover TARGET` again begins anew, or goes on where the other side was open already.',
  rollback: '; `pgleap online rollback TARGET` again begins anew, or goes on where the other side was open already.',
  finish: '; `pgleap online finish TARGET` again removes the rest.',
  abort: '; `pgleap online abort TARGET` again removes the rest.',
  'sync-schema': '; `pgleap online sync-schema TARGET` again does the rest.',
  status: '.',
  watch: '.',
  plan: '.',
} as const
