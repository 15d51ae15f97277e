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
