import type { Fix } from '../report/index.ts'
import type { Pair } from './check.ts'

/** A server parameter to set on one side, by the name that this provider's console gives it. */
export function setParameter(
  pair: Pair,
  side: 'source' | 'target',
  parameter: { name: string; value: string; needs: 'restart' | 'reload' },
): Fix {
  return {
    kind: 'parameter',
    side,
    ...parameter,
    name: pair[side].provider.parameterNames[parameter.name] ?? parameter.name,
  }
}

/** What turns logical decoding on; some providers have a switch of their own for it. */
export function turnOnLogicalDecoding(pair: Pair, side: 'source' | 'target'): Fix {
  const [parameter] = pair[side].provider.replication.parameters
  if (parameter !== undefined) return { kind: 'parameter', side, ...parameter }
  return setParameter(pair, side, { name: 'wal_level', value: 'logical', needs: 'restart' })
}
