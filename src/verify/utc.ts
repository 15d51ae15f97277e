/** A timestamptz as a server prints it with DateStyle ISO, in quotes. Years of more than four digits, and BC, stay as they are. */
const MOMENT = /'(\d{4})-(\d\d)-(\d\d) (\d\d):(\d\d):(\d\d)(\.\d+)?([+-])(\d\d)(?::(\d\d))?(?::(\d\d))?'/g

/** The text with each of its moments in UTC: what one session writes in its time zone, another writes in its own. */
export function inUtc(text: string): string {
  return text.replaceAll(MOMENT, (_, ...parts: (string | undefined)[]) => {
    const [year, month, day, hour, minute, second] = parts.slice(0, 6).map(Number)
    const [fraction = '', sign, hours = '0', minutes = '0', seconds = '0'] = parts.slice(6, 11)
    const offset = (sign === '-' ? -1000 : 1000) * (Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds))
    const local = new Date(0)
    local.setUTCFullYear(year ?? 0, (month ?? 1) - 1, day)
    local.setUTCHours(hour ?? 0, minute, second, 0)
    const utc = new Date(local.getTime() - offset).toISOString()
    return `'${utc.slice(0, 19).replace('T', ' ')}${fraction}+00'`
  })
}
