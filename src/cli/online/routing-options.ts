import type { OnlineMoveOptions, OnlineSwitchOptions } from '../../index.ts'
import { duration, repeated } from '../options.ts'
import type { OptionSpecs } from '../options.ts'
import { text } from './common-options.ts'

/** What stands between the application and the database: what `cutover` and `rollback` take beside the switch itself. */
export const ROUTING_OPTIONS = {
  pgbouncer: { flags: '--pgbouncer <url>', help: 'its console, to pause and lead over; repeatable', parse: repeated },
  pgbouncerConfig: { flags: '--pgbouncer-config <file>', help: 'its pgbouncer.ini, for each', parse: repeated },
  pgbouncerTimeoutMs: {
    flags: '--pgbouncer-timeout <time>',
    help: 'wait for open transactions there (5s)',
    parse: duration,
  },
  haproxy: { flags: '--haproxy <socket>', help: 'its runtime API: a path, or HOST:PORT', parse: text },
  haproxyServer: { flags: '--haproxy-server <name>', help: 'BACKEND/SERVER to lead over', parse: text },
  haproxyFrontend: { flags: '--haproxy-frontend <name>', help: 'the frontend to hold', parse: text },
  onFreeze: { flags: '--on-freeze <command>', help: 'run before writes are stopped', parse: text },
  onSwitch: { flags: '--on-switch <command>', help: 'run once the other side is open', parse: text },
  onThaw: { flags: '--on-thaw <command>', help: 'run when it came to nothing', parse: text },
  hookTimeoutMs: { flags: '--hook-timeout <time>', help: 'end such a command after this (10s)', parse: duration },
  sourceFromRouter: { flags: '--source-from-router <host:port>', help: 'how these reach the source', parse: text },
  targetFromRouter: { flags: '--target-from-router <host:port>', help: 'how these reach the target', parse: text },
} as const satisfies OptionSpecs<Omit<OnlineMoveOptions, keyof OnlineSwitchOptions>>
