import type { Command } from 'commander'

/** For options that are taken as they are typed. */
export const text = (value: string): string => value

export const SOURCE = { flags: '--source <conninfo>', help: 'the source, if it is not where it was', parse: text }
export const SOURCE_FROM_TARGET = {
  flags: '--source-from-target <conninfo>',
  help: 'how the target server reaches it',
  parse: text,
}
export const TARGET_FROM_SOURCE = {
  flags: '--target-from-source <conninfo>',
  help: 'and back, for the way back',
  parse: text,
}

export function addYesOption(command: Command): Command {
  return command.option('--yes', 'do not ask')
}
