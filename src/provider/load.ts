import { readFile } from 'node:fs/promises'
import { z } from 'zod'
import { PgleapError } from '../errors.ts'
import { readYaml } from '../yaml.ts'
import { type Provider, type ProviderFields, extendProvider } from './provider.ts'
import { providerIds, providerNamed } from './recognise.ts'
import { selfManaged } from './self-managed.ts'

const names = z.array(z.string().min(1))
const text = z.string().min(1)

/** What a provider's file may say. Signatures are left out: a file is always named by the user, never recognised. */
const fileSchema = z.strictObject({
  extends: z.enum(providerIds()).exactOptional(),
  id: z.string().regex(/^[a-z0-9]+(-[a-z0-9]+)*$/u, 'small letters, digits and single hyphens'),
  name: text.exactOptional(),
  superuser: z.enum(['never', 'possible']).exactOptional(),
  reserved: z
    .strictObject({
      roles: names.exactOptional(),
      databases: names.exactOptional(),
      schemas: names.exactOptional(),
      extensions: names.exactOptional(),
      tablespaces: names.exactOptional(),
    })
    .exactOptional(),
  notGrantable: z.array(z.enum(['SUPERUSER', 'CREATEROLE', 'CREATEDB', 'REPLICATION', 'BYPASSRLS'])).exactOptional(),
  notAllowed: names.exactOptional(),
  replication: z
    .strictObject({
      logical: z.enum(['yes', 'no', 'unknown']).exactOptional(),
      parameters: z
        .array(z.strictObject({ name: text, value: text, needs: z.enum(['restart', 'reload']) }))
        .exactOptional(),
      grant: z
        .string()
        .regex(/\$role/u, 'a statement with $role in it')
        .exactOptional(),
      note: text.exactOptional(),
    })
    .exactOptional(),
  parameterNames: z.record(text, text).exactOptional(),
  parametersAt: text.exactOptional(),
  extensionsAt: text.exactOptional(),
  verifiers: z.enum(['readable', 'unreadable', 'unknown']).exactOptional(),
  notes: names.exactOptional(),
  sources: names.exactOptional(),
})

/**
 * A provider of the user's own, from a YAML file (docs/providers.md): what it says on top of the provider that it
 * `extends`, or of a self-managed server. Reserved names and notes are added to those of that provider, everything else
 * replaces. Throws PgleapError `usage.provider-file` with the line and the key of everything that is wrong.
 */
export async function loadProvider(path: string): Promise<Provider> {
  const content = await readFile(path, 'utf8').catch((cause: unknown) => {
    throw refusal(path, ['it cannot be read'], cause)
  })
  return parseProvider(content, path)
}

/** Pure: the provider in a file's content; `path` is for the messages. */
export function parseProvider(content: string, path: string): Provider {
  const { broken, value, lineOf } = readYaml(content)
  if (broken.length > 0) {
    throw refusal(
      path,
      broken.map(({ line, message }) => `line ${String(line)}: ${message}`),
    )
  }
  const describe = (keys: readonly PropertyKey[], problem: string) =>
    `line ${String(lineOf(keys))}${keys.length === 0 ? '' : `, ${keys.map(String).join('.')}`}: ${problem}`

  const result = fileSchema.safeParse(value)
  if (!result.success) {
    const problems = result.error.issues.flatMap((issue) => {
      if (issue.code !== 'unrecognized_keys') return [describe(issue.path, issue.message)]
      return issue.keys.map((key) => describe([...issue.path, key], 'there is no such key'))
    })
    throw refusal(path, problems)
  }
  const { extends: baseId, ...fields } = result.data
  const base = baseId === undefined ? selfManaged : providerNamed(baseId)
  return extendProvider({ ...base, signatures: [] }, added(base, { name: fields.id, ...fields }))
}

/** Reserved names and notes of a file come on top of those that are known: a service never gives up a name. */
function added(base: Provider, fields: ProviderFields): ProviderFields {
  const kinds = ['roles', 'databases', 'schemas', 'extensions', 'tablespaces'] as const
  const reserved = Object.fromEntries(
    kinds.map((kind) => [kind, [...base.reserved[kind], ...(fields.reserved?.[kind] ?? [])]]),
  )
  return { ...fields, reserved, notes: [...base.notes, ...(fields.notes ?? [])] }
}

function refusal(path: string, problems: readonly string[], cause?: unknown): PgleapError {
  return new PgleapError({
    code: 'usage.provider-file',
    message: `The provider's file ${path} cannot be used: ${problems.join('; ')}.`,
    hint: 'docs/providers.md shows what such a file says.',
    party: 'usage',
    cause,
  })
}
