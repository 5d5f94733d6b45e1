import type { Readable } from 'node:stream'
import { readErrorBody } from './error-body.ts'
import { httpError, type HttpError } from './errors.ts'
import { redactHeaders, redactText } from './redaction.ts'

/** An answer. Its body was read already unless the request asked for a stream. */
export interface Response {
  readonly status: number
  /** Names in lower case; several values of one name joined by `, `. */
  readonly headers: Readonly<Record<string, string>>
  readonly url: string
  /** `x-openstack-request-id`, or Nova's older `x-compute-request-id`. */
  readonly requestId: string | undefined
  /** The raw body of a streamed answer; read it to its end or destroy it. */
  readonly body: Readable
  /** @throws InvalidResponse when it is not JSON */
  json<T = unknown>(): Promise<T>
  text(): Promise<string>
  bytes(): Promise<Uint8Array>
}

/** Headers as undici gives them, one string a name. */
export function flatHeaders(headers: Record<string, string | string[] | undefined>): Record<string, string> {
  const flat: Record<string, string> = {}
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined) flat[name] = Array.isArray(value) ? value.join(', ') : value
  }
  return flat
}

export function requestIdOf(headers: Readonly<Record<string, string>>): string | undefined {
  return headers['x-openstack-request-id'] ?? headers['x-compute-request-id']
}

/** More than any service means; a longer wait is cut to it. */
const mostRetryAfterSeconds = 999_999_999

/** Seconds of a Retry-After header, given in seconds or as a date; 0 when absent or unreadable. */
export function retryAfterOf(headers: Readonly<Record<string, string>>, now: Date): number {
  const value = headers['retry-after']?.trim()
  if (value === undefined) return 0
  if (/^\d+$/.test(value)) return Math.min(Number(value), mostRetryAfterSeconds)
  // `Date.parse` takes many things for dates, `-3` among them.
  const date = /[a-z]/i.test(value) ? Date.parse(value) : Number.NaN
  return Number.isNaN(date) ? 0 : Math.max(0, Math.ceil((date - now.getTime()) / 1000))
}

/** What is known of the request when its answer is judged. */
export interface Judged {
  method: string
  now: Date
  /** Values that the request carried and that no error may repeat. */
  secrets: readonly string[]
}

/** Turns an answer of 400 or more into its error. */
export async function errorFrom(response: Response, { method, now, secrets }: Judged): Promise<HttpError> {
  const raw = await response.text()
  const contentType = response.headers['content-type'] ?? ''
  // Redacted as it will be read: decoding may bring out a secret that the raw text wrote in another way.
  const redacted = (text: string) => redactText(text, secrets)
  const { message, details } = readErrorBody(raw, contentType, `HTTP ${response.status}`, redacted)
  return httpError({
    status: response.status,
    method,
    url: withoutSecrets(response.url),
    message,
    ...(details === undefined ? {} : { details }),
    ...(response.requestId === undefined ? {} : { requestId: response.requestId }),
    retryAfter: retryAfterOf(response.headers, now),
    headers: redactHeaders(response.headers),
    body: redacted(raw),
  })
}

/** A URL for messages: its query and its user part may hold what is not meant for a log. */
export function withoutSecrets(url: string): string {
  return url.replace(/[?#].*$/s, '').replace(/^([a-z][a-z0-9+.-]*:\/\/)[^/]*@/i, '$1')
}
