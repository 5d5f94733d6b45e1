import { tokenHeaders } from './headers.ts'
import type { RequestHeaders } from './verdict.ts'

/** The tokens of a request, without surrounding blanks; undefined when absent or empty. */
export interface ReceivedTokens {
  user: string | undefined
  service: string | undefined
}

/** Reads the tokens. An empty `X-Auth-Token` hides `X-Storage-Token`, as in the original. */
export function receivedTokens(headers: RequestHeaders): ReceivedTokens {
  return {
    user: trimmed(headers[tokenHeaders.user] ?? headers[tokenHeaders.userFallback]),
    service: trimmed(headers[tokenHeaders.service]),
  }
}

function trimmed(value: string | readonly string[] | undefined): string | undefined {
  const text = typeof value === 'string' ? value : value?.join(',')
  return text?.trim() || undefined
}
