import type { FlagsOf } from './flags.ts'

/** One step of a runbook, as its README and its script tell it. */
export interface RunbookStep {
  /** Two digits; steps are done in their order. */
  number: string
  title: string
  who: 'DBA of the source' | 'DBA of the target' | 'DBAs of both sides' | 'application team'
  /** Absent where people do it without pgleap. */
  script?: StepScript
  /** How long it takes, for people. */
  takes: string
  /** What to look at, and what each outcome means. */
  watch: string
  /** How to go back from here. */
  back: string
  /** Only done where something asks for it. @defaultValue 'always' */
  when?: string
}

export interface StepScript {
  /** Its file: `40-migrate.sh`. */
  name: string
  /** What follows the program's name: plain words, which are quoted, and variables of `activate`. */
  words: readonly ScriptWord[]
  /** A file that is handed over with this option where it is there. */
  ifThere?: { option: string; file: string }
}

export type ScriptWord = string | { variable: 'SRC' | 'DST' | 'SRC_FROM_DST' }

export const SRC: ScriptWord = { variable: 'SRC' }
export const DST: ScriptWord = { variable: 'DST' }

/** What the steps are made of. */
export interface StepFacts {
  /** Options that the plan was made with, by the command that takes them. */
  flags: FlagsOf
  /** How much of the rows a rehearsal copies. */
  sampled: 'all' | 'some'
  takes: { copy: string; pause: string; rehearse: string }
  /** For a cutover, where writes may stop for less time than it would take by itself. */
  maxPause: readonly string[]
  /** Whether `activate` says how the target reaches the source. */
  sourceFromTarget: 'given' | 'same'
}
