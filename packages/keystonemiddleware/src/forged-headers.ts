import { strippedHeaders } from './headers.ts'

/** The parts of node:http's IncomingMessage that hold header names. */
export interface HeaderHolder {
  headers: Record<string, unknown>
  /** Name, value, name, value …, as they came. */
  rawHeaders?: string[]
  /** Built by node from `rawHeaders` on first use. */
  headersDistinct?: Record<string, unknown>
}

/** Whether only the middleware may set the header. Underscores count as hyphens, as they do behind a CGI-like server. */
function isIdentityHeader(name: string): boolean {
  const lower = name.toLowerCase()
  return strippedHeaders.has(lower.includes('_') ? lower.replaceAll('_', '-') : lower)
}

/**
 * Deletes the identity headers that the client sent, from every place in which node keeps them.
 *
 * @returns whether there was any
 */
export function stripForgedHeaders(request: HeaderHolder): boolean {
  const forged = Object.keys(request.headers).filter((name) => isIdentityHeader(name))
  if (forged.length === 0) return false
  // Before rawHeaders changes: node builds it from as many of them as came.
  const distinct = request.headersDistinct
  for (const name of forged) {
    delete request.headers[name]
    delete distinct?.[name]
  }
  stripRaw(request.rawHeaders)
  return true
}

function stripRaw(raw: string[] | undefined): void {
  if (!raw) return
  const kept = raw.filter((_entry, index) => !isIdentityHeader(raw[index - (index % 2)] ?? ''))
  raw.splice(0, raw.length, ...kept)
}
