/** Times on the wire have whole seconds. @param iso ISO 8601 with milliseconds */
export function wireTime(iso: string): string {
  return `${iso.slice(0, 19)}Z`
}
