import { like } from '../self-managed.ts'

/** Nothing is known that would give it away or be reserved: it has to be named, and is probed like any other server. */
export const civo = like({
  id: 'civo',
  name: 'Civo Database',
  replication: {
    logical: 'unknown',
    parameters: [{ name: 'wal_level', value: 'logical', needs: 'restart' }],
    note: 'Not documented by the service.',
  },
  parametersAt: 'not documented by the service',
  verifiers: 'unknown',
  notes: ['The service documents neither its roles nor its limits: what the user may do is probed.'],
  sources: ['https://www.civo.com/docs/database'],
})
