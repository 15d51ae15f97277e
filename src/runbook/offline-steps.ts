import { preparingSteps } from './common-steps.ts'
import { DST, SRC, type RunbookStep, type StepFacts } from './step.ts'

const OLD_SIDE = 'Start the application again on the source: it is as it was. Empty the target before the next try.'

/** One consistent copy while the application stands still. Pure. */
export function offlineSteps(facts: StepFacts): RunbookStep[] {
  return [
    ...preparingSteps('offline', facts),
    {
      number: '38',
      title: 'Stop everything that writes to the source',
      who: 'application team',
      takes: 'yours to say',
      watch:
        'Applications, workers, jobs, people. The pause begins here. `ALTER ROLE ... NOLOGIN` on the source, for each role that they log in as, keeps latecomers out; the target has its roles from step 30 and is not touched by it.',
      back: '`ALTER ROLE ... LOGIN`, and start them again.',
    },
    {
      number: '40',
      title: 'Copy, and compare the copy',
      who: 'DBA of the target',
      script: {
        name: '40-migrate.sh',
        words: ['migrate', SRC, DST, ...facts.flags('migrate'), '--report', 'results/migrate.html'],
        ifThere: { option: '--prediction', file: 'results/prediction.json' },
      },
      takes: facts.takes.copy,
      watch:
        'The last lines: `Verdict: SAME` and exit code 0. Whatever breaks it (a kill, the network, a restart): run the same script again, and it goes on. 6: do not open the target. 7: the failures are listed; mend them, then run it again.',
      back: OLD_SIDE,
    },
    {
      number: '50',
      title: 'Compare once more, right before opening',
      who: 'DBA of the target',
      script: { name: '50-verify.sh', words: ['verify', SRC, DST, ...facts.flags('verify')] },
      takes: 'about half of step 40',
      watch:
        'Exit code 0: nobody has written to the source meanwhile. 6: somebody did; find out who, empty the target and do step 40 again. May be left out where the pause is short and step 38 is certain.',
      back: OLD_SIDE,
    },
    {
      number: '60',
      title: 'Point the application to the target, and start it',
      who: 'application team',
      takes: 'yours to say',
      watch: 'Logins, error rates, the slowest queries. The pause ends here.',
      back: 'Until the first write on the target: as before. After it, the source lacks what was written on the target, and pgleap cannot bring it back. Keep the source, unwritten, until you are sure.',
    },
  ]
}
