import { once } from 'node:events'
import { createServer } from 'node:http'
import { PgleapError } from '../errors.ts'

/** What is shown under /metrics. What is not known is not shown: a missing lag is no lag of 0. */
export interface Measured {
  phase: string
  active: 'source' | 'target'
  lagBytes: number | null
  lagMs: number | null
  slotBytes: number | null
  budgetBytes: number | null
  appliedRows: number | null
  errors: number | null
  conflicts: number | null
  lastPauseMs: number | null
}

export interface MetricsServer extends AsyncDisposable {
  readonly port: number
  show: (measured: Measured) => void
}

const GAUGES: readonly { name: string; help: string; value: (measured: Measured) => number | null }[] = [
  { name: 'pgleap_lag_bytes', help: 'WAL that is not applied yet', value: ({ lagBytes }) => lagBytes },
  {
    name: 'pgleap_lag_seconds',
    help: 'Age of the oldest change that is not applied yet',
    value: ({ lagMs }) => (lagMs === null ? null : lagMs / 1000),
  },
  { name: 'pgleap_slot_wal_bytes', help: 'WAL that the slot keeps', value: ({ slotBytes }) => slotBytes },
  { name: 'pgleap_slot_budget_bytes', help: 'WAL that the slot may keep', value: ({ budgetBytes }) => budgetBytes },
  {
    name: 'pgleap_rows_applied',
    help: 'Rows written on the side that follows, since the watch began',
    value: ({ appliedRows }) => appliedRows,
  },
  { name: 'pgleap_apply_errors', help: 'Apply errors since the stream was made', value: ({ errors }) => errors },
  { name: 'pgleap_conflicts', help: 'Conflicts since the stream was made', value: ({ conflicts }) => conflicts },
  {
    name: 'pgleap_last_pause_seconds',
    help: 'How long the last cutover or rollback stopped writes',
    value: ({ lastPauseMs }) => (lastPauseMs === null ? null : lastPauseMs / 1000),
  },
]

/** Answers GET /metrics for Prometheus, until it is disposed. @throws PgleapError `online.metrics` where it cannot listen */
export async function serveMetrics(host: string, port: number): Promise<MetricsServer> {
  const { Gauge, Registry } = await import('prom-client')
  const registry = new Registry()
  const gauges = GAUGES.map(({ name, help, value }) => ({
    value,
    gauge: new Gauge({ name, help, registers: [registry] }),
  }))
  const state = new Gauge({
    name: 'pgleap_phase',
    help: '1 for the phase that the migration is in, and the side that is written to',
    labelNames: ['phase', 'active'],
    registers: [registry],
  })
  const server = createServer((request, response) => {
    if (request.url !== '/metrics') {
      response.writeHead(404).end()
      return
    }
    registry.metrics().then(
      (text) => response.writeHead(200, { 'content-type': registry.contentType }).end(text),
      () => response.writeHead(500).end(),
    )
  })
  server.listen(port, host)
  try {
    await once(server, 'listening')
  } catch (cause) {
    throw cannotListen(host, port, cause)
  }
  const address = server.address()
  return {
    port: typeof address === 'object' && address !== null ? address.port : port,
    show: (measured) => {
      for (const { value, gauge } of gauges) {
        const known = value(measured)
        if (known === null) gauge.remove()
        else gauge.set(known)
      }
      state.reset()
      state.set({ phase: measured.phase, active: measured.active }, 1)
    },
    [Symbol.asyncDispose]: async () => {
      const closed = once(server, 'close')
      server.close()
      server.closeAllConnections()
      await closed
    },
  }
}

function cannotListen(host: string, port: number, cause: unknown): PgleapError {
  const why = cause instanceof Error && 'code' in cause ? ` (${String(cause.code)})` : ''
  return new PgleapError({
    code: 'online.metrics',
    message: `Metrics cannot be served at ${host}:${String(port)}${why}.`,
    hint: 'Choose another --metrics port, or --metrics-host.',
    party: 'usage',
    cause,
  })
}
