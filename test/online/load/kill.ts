import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import type { Side } from '../../../src/connection/index.ts'
import { quoteLiteral } from '../../../src/sql.ts'
import { bundled, connectClient } from '../../kit/index.ts'

const PROGRAM = fileURLToPath(new URL('switch-process.ts', import.meta.url))

export interface Both {
  source: string
  target: string
}

/** Where a process is killed: when it has done a step of the pause, when it is about to say that all is over, or some day. */
export type Moment = { step: string } | 'over' | { afterMs: number }

/** Begins a start or a switch in a process of its own and kills it at a moment; says how it ended, where it was done before. */
export async function killAt(moment: Moment, what: Side | 'start', both: Both): Promise<string> {
  if (typeof moment === 'object' && 'afterMs' in moment) {
    const child = await startProcess(what, both)
    const timer = setTimeout(() => child.kill('SIGKILL'), moment.afterMs)
    const ended = await endOf(child)
    clearTimeout(timer)
    return ended
  }
  // In another database: the freeze ends all sessions of its own.
  const elsewhere = new URL(both.target)
  elsewhere.pathname = '/postgres'
  await using barrier = await connectClient(elsewhere.href)
  await barrier.query('select pg_advisory_lock(4711)')
  await asOwner(both.target, trigger(moment))
  const child = await startProcess(what, both)
  const ended = endOf(child)
  const isOver = () => child.exitCode !== null || child.signalCode !== null
  while (!isOver() && (await barrier.query(STOPPED)).rows.length === 0) await sleep(10)
  child.kill('SIGKILL')
  const how = await ended
  await barrier.query('select pg_advisory_unlock(4711)')
  await asOwner(both.target, 'drop function pgleap_online.stop_here cascade')
  return how
}

const HELD = `from pg_locks where locktype = 'advisory' and objid = 4711 and granted`
const STOPPED = `select from pg_stat_activity where application_name like 'pgleap%' and wait_event = 'PgSleep' and query ilike '%pgleap_online%'`

async function asOwner(url: string, sql: string): Promise<void> {
  await using client = await connectClient(url)
  await client.query('set default_transaction_read_only = off')
  await client.query(sql)
}

/** Lets whoever writes that line wait for us. */
function trigger(moment: { step: string } | 'over'): string {
  const when =
    moment === 'over'
      ? `before update on pgleap_online.migration for each row when (old.record ->> 'phase' = 'switching' and new.record ->> 'phase' = 'streaming')`
      : `before insert on pgleap_online.journal for each row when (new.step = ${quoteLiteral(moment.step)})`
  return `
    create function pgleap_online.stop_here() returns trigger language plpgsql as $$
    begin while exists (select ${HELD}) loop perform pg_catalog.pg_sleep(0.02); end loop; return new; end $$;
    create trigger stop_here ${when} execute function pgleap_online.stop_here()`
}

async function startProcess(what: Side | 'start', both: Both) {
  return spawn(process.execPath, [await bundled(PROGRAM), what, JSON.stringify(both)], {
    stdio: ['ignore', 'ignore', 'pipe'],
  })
}

async function endOf(child: Awaited<ReturnType<typeof startProcess>>): Promise<string> {
  let text = ''
  child.stderr.setEncoding('utf8').on('data', (part: string) => (text += part))
  const [code, signal]: unknown[] = await once(child, 'close')
  return typeof signal === 'string' ? signal : code === 0 ? 'done' : text
}
