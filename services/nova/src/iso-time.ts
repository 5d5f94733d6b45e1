/** ISO 8601: `2026-01-31`, `2026-01-31T12:00:00Z`, with or without a zone; without one it is UTC. */
const shape =
  /^(\d{4})(?:-?(\d{2})(?:-?(\d{2})(?:[T ](\d{2}):?(\d{2})(?::?(\d{2})(?:[.,](\d+))?)?(Z|[+-]\d{2}(?::?\d{2})?)?)?)?)?$/

/** @returns undefined for what is no time */
export function parseIsoTime(text: string): Date | undefined {
  const found = shape.exec(text)
  if (!found) return undefined
  const [, year, month = '01', day = '01', hour = '00', minute = '00', second = '00', fraction = '0', zone] =
    found
  const offset = zone === undefined || zone === 'Z' ? 'Z' : zone.replace(/^(.\d\d):?(\d\d)?$/, zoneText)
  const milliseconds = fraction.slice(0, 3).padEnd(3, '0')
  const time = new Date(`${year}-${month}-${day}T${hour}:${minute}:${second}.${milliseconds}${offset}`)
  return Number.isNaN(time.getTime()) ? undefined : time
}

function zoneText(_: string, hours: string, minutes = '00'): string {
  return `${hours}:${minutes}`
}

/** Times as most of the API writes them: whole seconds, with a Z. */
export function isoTime(time: Date): string {
  return time.toISOString().replace(/\.\d+Z$/, 'Z')
}

/** Times as some parts write them: microseconds, no zone. */
export function isoTimeWithoutZone(time: Date | null): string | null {
  return time && time.toISOString().replace(/Z$/, '000')
}
