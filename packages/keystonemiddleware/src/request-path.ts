// Besides letters, digits and _.-, what WebOb writes in a path as it is.
const asItIs = /^[\w.\-/~!$&'()*+,;=:@]*$/
const escaped = /%([0-9A-Fa-f]{2})/g
const slash = /(%2F)/i

/**
 * A request's path in each way in which it can be read: an application may take an escaped slash for a slash, as behind
 * WSGI, or for a part of its segment, as the frameworks of Node.js do. All else is spelt in one way, as the original sees it.
 *
 * @param target with or without a query
 * @returns one path, or two that differ
 * @see webob.Request.path
 */
export function readingsOf(target: string): readonly string[] {
  const path = target.split('?', 1)[0] ?? ''
  if (asItIs.test(path)) return [path]
  const decoded = spelt(unescaped(path))
  if (!slash.test(path)) return [decoded]
  const parts = path.split(slash)
  return [decoded, parts.map((part, index) => (index % 2 === 0 ? spelt(unescaped(part)) : '%2F')).join('')]
}

/** Text with a character for each byte; what is no escape stays. */
function unescaped(text: string): string {
  return text.replaceAll(escaped, (_all, code: string) => String.fromCharCode(Number.parseInt(code, 16)))
}

function spelt(bytes: string): string {
  const escape = (byte: string) => `%${byte.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`
  return bytes.replaceAll(/[^\w.\-/~!$&'()*+,;=:@]/g, escape)
}
