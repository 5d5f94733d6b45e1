/** Times on the wire have microseconds and no zone. @param iso ISO 8601 with milliseconds */
export function wireTime(iso: string): string
export function wireTime(iso: string | null): string | null
export function wireTime(iso: string | null): string | null {
  return iso && iso.replace(/Z$/, '000')
}
