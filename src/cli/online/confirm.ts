import { createInterface } from 'node:readline/promises'
import { PgleapError } from '../../errors.ts'

export interface YesFlag {
  yes?: true
}

/** Asks a person at a terminal, unless `--yes` was given; scripts are not asked. @throws PgleapError `usage.declined` */
export async function confirm(question: string, { yes }: YesFlag, signal: AbortSignal): Promise<void> {
  if (yes === true || !process.stdin.isTTY || !process.stderr.isTTY) return
  const asking = createInterface({ input: process.stdin, output: process.stderr })
  try {
    const answer = await asking.question(`${question} Type yes to go on: `, { signal })
    if (answer.trim().toLowerCase() === 'yes') return
  } finally {
    asking.close()
  }
  throw new PgleapError({
    code: 'usage.declined',
    message: 'Nothing was done, as the question was not answered with yes.',
    hint: '--yes does not ask.',
    party: 'usage',
  })
}
