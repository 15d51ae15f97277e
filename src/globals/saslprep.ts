type Range = readonly [from: number, to: number]

/** Blanks that become a plain one (RFC 3454, table C.1.2). */
const BLANKS: readonly Range[] = [
  [0xa0, 0xa0],
  [0x1680, 0x1680],
  [0x2000, 0x200b],
  [0x202f, 0x202f],
  [0x205f, 0x205f],
  [0x3000, 0x3000],
]
/** What vanishes (table B.1); blanks come first. */
const NOTHING: readonly Range[] = [
  [0xad, 0xad],
  [0x34f, 0x34f],
  [0x1806, 0x1806],
  [0x180b, 0x180d],
  [0x200c, 0x200d],
  [0x2060, 0x2060],
  [0xfe00, 0xfe0f],
  [0xfeff, 0xfeff],
]
/** Tables C.2 to C.9 within the basic plane, beside control characters, private use, surrogates and noncharacters. */
const PROHIBITED: readonly Range[] = [
  [0x340, 0x341],
  [0x6dd, 0x6dd],
  [0x70f, 0x70f],
  [0x180e, 0x180e],
  [0x200e, 0x200f],
  [0x2028, 0x202e],
  [0x2061, 0x2063],
  [0x206a, 0x206f],
  [0x2ff0, 0x2ffb],
  [0xfff9, 0xfffd],
]
const PROHIBITED_CLASS = /[\p{Cc}\p{Co}\p{Cs}\p{Noncharacter_Code_Point}]/u
/**
 * Characters of which we know that Unicode 3.2 had them, by whose tables SASLprep goes, and that none is read from right to left:
 * most of what is typed. Of others the server may think differently (table A.1, section 6).
 */
const CERTAIN: readonly Range[] = [
  [0x20, 0x7e],
  [0xa0, 0x220],
  [0x222, 0x233],
  [0x250, 0x2ad],
  [0x300, 0x34f],
  [0x374, 0x375],
  [0x384, 0x38a],
  [0x38e, 0x3a1],
  [0x3a3, 0x3ce],
  [0x3d0, 0x3f5],
  [0x400, 0x486],
  [0x48a, 0x4ce],
  [0x1e00, 0x1e9b],
  [0x1ea0, 0x1ef9],
  [0x2010, 0x2027],
  [0x2074, 0x208e],
  [0x20a0, 0x20b1],
  [0x2100, 0x213a],
  [0x2153, 0x2183],
  [0x2460, 0x24fe],
  [0x3001, 0x303f],
  [0x3041, 0x3096],
  [0x3099, 0x30ff],
  [0x3131, 0x318e],
  [0x3400, 0x4db5],
  [0x4e00, 0x9fa5],
  [0xac00, 0xd7a3],
  [0xfb00, 0xfb06],
  [0xff01, 0xffbe],
  [0xffe0, 0xffe6],
]

/**
 * A password as SCRAM hashes it (saslprep.c, pg_saslprep): normalised, but as it is where it holds what SASLprep prohibits. ASCII
 * is its own normal form. Undefined where we cannot tell what the server would do, which takes a character that the
 * normalisation changes beside one that is not `CERTAIN`.
 */
export function saslprep(password: string): string | undefined {
  const mapped = Array.from(password, (char) => {
    if (isIn(BLANKS, char)) return ' '
    return isIn(NOTHING, char) ? '' : char
  }).join('')
  const prepared = mapped.normalize('NFKC')
  if (prepared === password) return password
  // The server looks for what is prohibited before it normalises.
  const prohibited = PROHIBITED_CLASS.test(mapped) || Array.from(mapped).some((char) => isIn(PROHIBITED, char))
  if (prepared === '' || prohibited) return password
  return Array.from(mapped).every((char) => isIn(CERTAIN, char)) ? prepared : undefined
}

function isIn(ranges: readonly Range[], char: string): boolean {
  const point = char.codePointAt(0) ?? 0
  return ranges.some(([from, to]) => point >= from && point <= to)
}
