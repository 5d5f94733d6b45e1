import { strippedHeaders } from './headers.ts'

/** The parts of node:http's IncomingMessage that hold header names. */
export interface HeaderHolder {
  headers: Record<string, unknown>
  /** Name, value, name, value …, as they came. */
  rawHeaders?: string[]
  /** Built by node from `rawHeaders` on first use. */
  headersDistinct?: Record<string, unknown>
}

// By code: most headers of a request are told from all of these by their first letter.
const initials: boolean[] = Array.from({ length: 128 }, () => false)
for (const name of strippedHeaders) initials[name.charCodeAt(0)] = true

/**
 * Whether only the middleware may set the header. Underscores count as hyphens, as they do behind a CGI-like server.
 *
 * @param name in lower case
 */
export function isIdentityHeader(name: string): boolean {
  if (!initials[name.charCodeAt(0)]) return false
  return strippedHeaders.has(name) || (name.includes('_') && strippedHeaders.has(name.replaceAll('_', '-')))
}

/**
 * Deletes the identity headers that the client sent, from every place in which node keeps them.
 *
 * @returns whether there was any
 */
export function stripForgedHeaders(request: HeaderHolder): boolean {
  const forged = forgedNames(request.headers)
  if (!forged) return false
  // Before rawHeaders changes: node builds it from as many of them as came.
  const distinct = request.headersDistinct
  for (const name of forged) {
    delete request.headers[name]
    delete distinct?.[name]
  }
  stripRaw(request.rawHeaders)
  return true
}

// Every request comes here, and hardly any has one.
function forgedNames(headers: Record<string, unknown>): string[] | undefined {
  let forged: string[] | undefined
  for (const name in headers) {
    if (isIdentityHeader(name)) (forged ??= []).push(name)
  }
  return forged
}

function stripRaw(raw: string[] | undefined): void {
  if (!raw) return
  const kept = raw.filter(
    (_entry, index) => !isIdentityHeader((raw[index - (index % 2)] ?? '').toLowerCase()),
  )
  raw.splice(0, raw.length, ...kept)
}
