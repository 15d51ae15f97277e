import { DST, SRC, type RunbookStep, type StepFacts } from './step.ts'
import type { Way } from './recommend.ts'

const NOTHING_YET = 'Nothing to take back: no application has noticed anything.'

/** What comes first on either way: look, try, roles, try with rows. */
export function preparingSteps(way: Way, { flags, sampled, takes }: StepFacts): RunbookStep[] {
  return [
    {
      number: '10',
      title: 'Check both servers',
      who: 'DBAs of both sides',
      script: {
        name: '10-check.sh',
        words: ['check', SRC, DST, '--path', way, ...flags('check'), '--fix-sql', 'results/fixes.sql'],
      },
      takes: 'seconds',
      watch:
        'Exit code 0: nothing blocks. 5: mend what it lists (results/fixes.sql has the statements; read them before you run them), then check again. 7: it could not look; log in as somebody who may. Roles that are missing on the target are mended by step 30.',
      back: 'Nothing to take back: it only looks.',
    },
    {
      number: '20',
      title: 'Try the schema on the target server',
      who: 'DBA of the target',
      script: { name: '20-rehearse.sh', words: ['rehearse', SRC, DST] },
      takes: 'seconds to minutes, by the number of objects',
      watch:
        'Exit code 0: every object arrives. 5: each object that fails is listed with the likely reason; mend it on the source, then try again. The scratch database is dropped at the end.',
      back: NOTHING_YET,
    },
    {
      number: '30',
      title: 'Bring the roles over',
      who: 'DBA of the target',
      script: { name: '30-roles.sh', words: ['roles', SRC, DST, ...flags('roles'), '--apply'] },
      takes: 'seconds',
      watch:
        'Exit code 0: all roles are alike. 6: some differ, and stay as they are on the target; decide. 7: the target refused something. Passwords that the source does not show have to be set: it says how.',
      back: 'Roles that nobody uses do no harm; `DROP ROLE` on the target takes them away.',
    },
    {
      number: '35',
      title: 'Rehearse with rows, and measure',
      who: 'DBA of the target',
      script: {
        name: '35-rehearse-rows.sh',
        words: [
          'rehearse',
          SRC,
          DST,
          ...(sampled === 'some' ? ['--sample', '5%'] : ['--with-data']),
          '--save',
          'results/prediction.json',
        ],
      },
      takes: takes.rehearse,
      watch:
        'It predicts how long the real run takes, with its margin. `pgleap plan ... --runbook NEW_FOLDER --prediction results/prediction.json` writes this runbook anew with these times.',
      back: NOTHING_YET,
    },
  ]
}
