import type { Response } from './response.ts'

/** What a request is for, when not for the caller itself. */
export type RequestPurpose = 'login' | 'discovery'

/** One sending of a request, for metrics and spans. Nothing of it is secret. */
export interface SentRequest {
  method: string
  /** Without its query. */
  url: string
  /** Of the adapter; undefined for a URL that was given whole. */
  serviceType?: string
  purpose?: RequestPurpose
}

/** What came of a sending. */
export interface RequestOutcome extends SentRequest {
  /** From the sending to the end of the answer, or, of a streamed one, to its head. */
  seconds: number
  /** Undefined when no answer came. */
  status?: number
  requestId?: string
  /** `code` of the error when no answer came: `connect_failure`, `connect_timeout` … */
  error?: string
}

/** Why something is sent again. */
export interface RetryNotice extends SentRequest {
  reason: 'connect_failure' | 'status' | 'stale_connection' | 'unauthorized'
  /** Seconds that are waited before. */
  delay: number
}

/**
 * What a program is told of a session's work, for its metrics and spans. A hook that throws fails the request: it is the
 * program's own.
 */
export interface SessionHooks {
  /**
   * Around each sending, for spans: calls `send` once and gives its answer.
   *
   * @param send with headers to add, such as `traceparent`; they win over none that is there already
   */
  around?(
    request: SentRequest,
    send: (headers?: Readonly<Record<string, string>>) => Promise<Response>,
  ): Promise<Response>
  /** After each sending, whatever came of it. */
  onOutcome?(outcome: RequestOutcome): void
  /** Before something is sent again. */
  onRetry?(notice: RetryNotice): void
}
