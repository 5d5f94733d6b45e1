// Preloaded into every Node.js process of a cloud under test: writes down each token that goes over HTTP, outside of the
// cloud. The file is the query of this module's URL.
import { subscribe } from 'node:diagnostics_channel'
import { appendFileSync } from 'node:fs'
import type { IncomingMessage, ServerResponse } from 'node:http'

const file = decodeURIComponent(new URL(import.meta.url).search.slice(1))
const seen = new Set<string>()

subscribe('http.server.response.finish', (message) => {
  const { request, response } = message as { request: IncomingMessage; response: ServerResponse }
  const found = [
    response.getHeader('x-subject-token'),
    ...['x-auth-token', 'x-subject-token', 'x-service-token'].map((name) => request.headers[name]),
  ]
  for (const token of found) {
    if (typeof token !== 'string' || seen.has(token)) continue
    seen.add(token)
    appendFileSync(file, `${token}\n`, { mode: 0o600 })
  }
})
