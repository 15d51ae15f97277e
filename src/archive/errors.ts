import { PgleapError } from '../errors.ts'

/** Raised without a file's name; `readArchive` puts it in front. */
export function damaged(at: number, what: string): PgleapError {
  return new PgleapError({
    code: 'archive.corrupt',
    message: `The archive is damaged or cut off: ${what} (near byte ${at}).`,
    hint: 'Copy the file again in binary mode and compare its size and checksum with the original, or make the dump again.',
    party: 'usage',
  })
}

export function unreadableText(at: number): PgleapError {
  return new PgleapError({
    code: 'archive.encoding',
    message: `The archive holds text that is not valid in its own encoding (near byte ${at}).`,
    hint: 'Make the dump again with pg_dump --encoding=UTF8; if the database is SQL_ASCII, name the encoding that its text really has.',
    party: 'usage',
  })
}

export function unknownEncoding(name: string): PgleapError {
  return new PgleapError({
    code: 'archive.encoding',
    message: `The archive is written in the encoding ${name}, which pgleap cannot read.`,
    hint: 'Make the dump again with pg_dump --encoding=UTF8.',
    party: 'usage',
  })
}

/** Of bytes that hold data, where a position would tell nothing. */
export function damagedData(what: string, cause?: unknown): PgleapError {
  return new PgleapError({
    code: 'archive.corrupt',
    message: `The archive is damaged or cut off: ${what}.`,
    hint: 'Copy the file again in binary mode and compare its size and checksum with the original, or make the dump again.',
    party: 'usage',
    cause,
  })
}

export function unwritable(path: string, error: unknown): PgleapError {
  const full = error instanceof Error && 'code' in error && (error.code === 'ENOSPC' || error.code === 'EDQUOT')
  return new PgleapError({
    code: 'archive.unwritable',
    message: full
      ? `${path} cannot be written: there is no space left where it lies.`
      : `${path} cannot be written: ${error instanceof Error ? error.message : String(error)}.`,
    hint: full ? 'Free space there, or name another place.' : 'Name a place that can be written to.',
    party: 'usage',
    cause: error,
  })
}

/** Puts the file's name in front, and calls what the system says of a file by our own error. */
export function named(path: string, error: unknown): unknown {
  if (error instanceof PgleapError) {
    const { code, message, hint, party } = error
    if (!code.startsWith('archive.') || message.startsWith(path)) return error
    return new PgleapError({ code, message: `${path}: ${message}`, hint, party, cause: error })
  }
  if (error instanceof Error && 'code' in error) {
    return new PgleapError({
      code: 'archive.unreadable',
      message: `${path} cannot be read: ${error.message}.`,
      hint: 'Name a file made by pg_dump -Fc or -Ft, or a directory made by pg_dump -Fd that holds toc.dat.',
      party: 'usage',
      cause: error,
    })
  }
  return error
}

export function stopIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted !== true) return
  throw new PgleapError({
    code: 'run.interrupted',
    message: 'Interrupted while an archive was read or written.',
    party: 'interrupted',
  })
}

export function unwritableText(encoding: string): PgleapError {
  return new PgleapError({
    code: 'archive.encoding',
    message: `pgleap cannot write an archive in the encoding ${encoding}.`,
    hint: 'Make the dump with pg_dump --encoding=UTF8.',
    party: 'usage',
  })
}
