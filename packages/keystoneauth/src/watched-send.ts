import { performance } from 'node:perf_hooks'
import type { Dispatcher } from 'undici'
import { curlCommand } from './curl.ts'
import { ClientException } from './errors.ts'
import { mergeHeaders } from './headers.ts'
import type { RequestOutcome, SentRequest, SessionHooks } from './hooks.ts'
import { redactHeaders } from './redaction.ts'
import type { Response } from './response.ts'
import type { Timings } from './timings.ts'
import { send, type Sending } from './transport.ts'

/** The part of a logger (pino's shape) that a session uses, at level debug only. */
export interface SessionLogger {
  debug(fields: object, message: string): void
  /** Absent: assumed to be enabled. */
  isLevelEnabled?(level: 'debug'): boolean
}

/** Who looks on. */
export interface Watch {
  logger: SessionLogger | undefined
  hooks: SessionHooks | undefined
  timings: Timings | undefined
}

/** Sends once, as {@link send}, and tells those who look on. */
export async function watchedSend(
  dispatcher: Dispatcher,
  sending: Sending,
  request: SentRequest,
  { logger, hooks, timings }: Watch,
): Promise<Response> {
  const logged = logger && (logger.isLevelEnabled?.('debug') ?? true)
  const { method, url } = request
  if (logged) {
    const fields = { method, url, headers: redactHeaders(sending.headers), curl: curlCommand(sending) }
    logger.debug(fields, 'REQ')
  }
  const started = performance.now()
  const told = (outcome: Partial<RequestOutcome>) => {
    const whole = { ...request, ...outcome, seconds: (performance.now() - started) / 1000 }
    timings?.add(whole)
    hooks?.onOutcome?.(whole)
  }
  const sent = (more?: Readonly<Record<string, string>>) =>
    send(dispatcher, more ? { ...sending, headers: mergeHeaders(more, sending.headers) } : sending)
  let response: Response
  try {
    response = await (hooks?.around?.(request, sent) ?? sent())
  } catch (error) {
    told({ error: error instanceof ClientException ? error.code : 'other' })
    throw error
  }
  const { status, requestId } = response
  if (logged) logger.debug({ method, url, status, request_id: requestId }, 'RESP')
  told({ status, ...(requestId === undefined ? {} : { requestId }) })
  return response
}
