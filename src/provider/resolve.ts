import type { Provider } from './provider.ts'
import { providerNamed } from './recognise.ts'

/** `choice` as on the command line: a provider's id, or the path of a YAML file (it ends so, or has a slash in it). */
export async function resolveProvider(choice: string): Promise<Provider> {
  if (!/\.ya?ml$|\//iu.test(choice)) return providerNamed(choice)
  // Hardly anybody has such a file, and what reads it takes long to load.
  const { loadProvider } = await import('./load.ts')
  return loadProvider(choice)
}
