import { preparingSteps } from './common-steps.ts'
import { DST, SRC, type RunbookStep, type StepFacts } from './step.ts'

const ABORT =
  '`95-abort.sh`: removes everything that was made, on both sides; the source goes on as if nothing had been.'
const ROLLBACK = '`80-rollback.sh`: writes go to the source again, with all that was written on the target since.'

/** Our copy, then logical replication, then a switch with a pause of seconds and a way back. Pure. */
export function onlineSteps(facts: StepFacts): RunbookStep[] {
  const address =
    facts.sourceFromTarget === 'given' ? ['--source-from-target', { variable: 'SRC_FROM_DST' } as const] : []
  const switching = [DST, ...address, ...facts.maxPause]
  return [
    ...preparingSteps('online', facts),
    {
      number: '40',
      title: 'Start: copy, then follow',
      who: 'DBAs of both sides',
      script: {
        name: '40-online-start.sh',
        words: ['online', 'start', SRC, DST, ...address, ...facts.flags('online start')],
      },
      takes: facts.takes.copy,
      watch:
        'The application keeps writing. Watch the free disk of the source: WAL stays there until the target has it. Change no table definitions from here to step 90.',
      back: ABORT,
    },
    {
      number: '50',
      title: 'Watch until it has caught up',
      who: 'DBA of the target',
      script: { name: '50-online-status.sh', words: ['online', 'status', DST] },
      takes: 'minutes to hours, by the writes meanwhile; may stay like this for days',
      watch:
        'Exit code 0: nothing is in the way of the cutover. 5: it says what is. Lag goes down; no conflict, no drift; the slot is far from its budget.',
      back: ABORT,
    },
    {
      number: '60',
      title: 'Rehearse the cutover',
      who: 'DBAs of both sides',
      script: { name: '60-rehearse-cutover.sh', words: ['online', 'cutover', ...switching, '--rehearse'] },
      takes: facts.takes.pause,
      watch:
        'Writes stop for that time, and go on at the source. It prints the pause that the real one would have had, by step. Do it in quiet hours, and say so beforehand.',
      back: 'It lets go by itself, also when it fails.',
    },
    {
      number: '70',
      title: 'Cut over',
      who: 'application team',
      script: { name: '70-cutover.sh', words: ['online', 'cutover', ...switching] },
      takes: facts.takes.pause,
      watch:
        'Exit code 0: the target takes the writes. Anything else: the source still does, and it says why. After a kill run it again. Lead the application there with `--pgbouncer` or `--on-switch` (docs/online.md), or by hand at once.',
      back: ROLLBACK,
    },
    {
      number: '80',
      title: 'Roll back',
      who: 'application team',
      when: 'only if the target disappoints, until step 90',
      script: { name: '80-rollback.sh', words: ['online', 'rollback', ...switching] },
      takes: facts.takes.pause,
      watch: 'The same as a cutover, the other way round; step 70 may follow again.',
      back: '`70-cutover.sh`.',
    },
    {
      number: '90',
      title: 'Finish: the target stays',
      who: 'DBAs of both sides',
      when: 'days later, when nobody wants to go back',
      script: { name: '90-finish.sh', words: ['online', 'finish', DST] },
      takes: 'seconds',
      watch: 'It lists what it removed on both sides. From here on there is no way back.',
      back: 'None: this is the end.',
    },
    {
      number: '95',
      title: 'Abort: the source stays',
      who: 'DBAs of both sides',
      when: 'in place of step 90',
      script: { name: '95-abort.sh', words: ['online', 'abort', DST] },
      takes: 'seconds',
      watch: 'It lists what it removed on both sides. Empty the target before the next try.',
      back: 'Start again with step 40.',
    },
  ]
}
