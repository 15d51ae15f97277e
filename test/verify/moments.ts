import { SourceSnapshot } from '../../src/catalog/index.ts'
import { connect, parseConnection } from '../../src/connection/index.ts'
import { type VerifyOptions, type VerifyResult, verify } from '../../src/verify/index.ts'

/** Compares two databases as `pgleap verify` does: each side in a snapshot of its own. */
export async function compare(
  sourceUrl: string,
  targetUrl: string,
  options: Omit<VerifyOptions, 'source' | 'target'> = {},
): Promise<VerifyResult> {
  await using source = await momentOf(sourceUrl, 'source')
  await using target = await momentOf(targetUrl, 'target')
  return await verify({ ...options, source, target })
}

export async function momentOf(url: string, side: 'source' | 'target'): Promise<SourceSnapshot> {
  const info = parseConnection(url)
  return SourceSnapshot.take((signal) => connect(info, { side, purpose: 'verify', signal }))
}
