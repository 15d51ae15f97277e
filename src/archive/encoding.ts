import { isAscii, isUtf8 } from 'node:buffer'
import { unknownEncoding } from './errors.ts'

/** Gives undefined where the bytes are not valid in the encoding. */
export type Decode = (bytes: Buffer) => string | undefined

/** PostgreSQL's names (pg_enc2name_tbl in src/common/encnames.c) to those of the WHATWG encoding standard. */
const LABELS: Record<string, string> = {
  EUC_JP: 'euc-jp',
  EUC_CN: 'gb2312',
  EUC_KR: 'euc-kr',
  LATIN2: 'iso-8859-2',
  LATIN3: 'iso-8859-3',
  LATIN4: 'iso-8859-4',
  LATIN5: 'windows-1254',
  LATIN6: 'iso-8859-10',
  LATIN7: 'iso-8859-13',
  LATIN8: 'iso-8859-14',
  LATIN9: 'iso-8859-15',
  LATIN10: 'iso-8859-16',
  WIN1250: 'windows-1250',
  WIN1251: 'windows-1251',
  WIN1252: 'windows-1252',
  WIN1253: 'windows-1253',
  WIN1254: 'windows-1254',
  WIN1255: 'windows-1255',
  WIN1256: 'windows-1256',
  WIN1257: 'windows-1257',
  WIN1258: 'windows-1258',
  WIN866: 'ibm866',
  WIN874: 'windows-874',
  KOI8R: 'koi8-r',
  KOI8U: 'koi8-u',
  ISO_8859_5: 'iso-8859-5',
  ISO_8859_6: 'iso-8859-6',
  ISO_8859_7: 'iso-8859-7',
  ISO_8859_8: 'iso-8859-8',
  SJIS: 'shift_jis',
  BIG5: 'big5',
  GBK: 'gbk',
  UHC: 'euc-kr',
  GB18030: 'gb18030',
}

/** How to read text of a PostgreSQL encoding. SQL_ASCII says nothing about its bytes; they are taken as UTF-8 or refused. */
export function decoderOf(name: string): Decode {
  if (name === 'UTF8' || name === 'SQL_ASCII') return (bytes) => (isUtf8(bytes) ? bytes.toString('utf8') : undefined)
  if (name === 'LATIN1') return (bytes) => bytes.toString('latin1')
  const label = LABELS[name]
  if (label === undefined) throw unknownEncoding(name)
  const decoder = new TextDecoder(label, { fatal: true, ignoreBOM: true })
  return (bytes) => {
    if (isAscii(bytes)) return bytes.toString('latin1')
    try {
      return decoder.decode(bytes)
    } catch {
      return undefined
    }
  }
}
