import { ClientException } from '@longhaul/keystoneauth'
import type { Answer } from './checks.ts'
import type { Reason } from './reasons.ts'

/** Where log lines go; pino's signature. */
export interface AuthTokenLogger {
  debug(fields: object, message: string): void
  info(fields: object, message: string): void
  warn(fields: object, message: string): void
}

/** What a refused request's log line is made of. */
export interface Refusal {
  reason: Reason
  serviceReason: Reason | undefined
  /** 401 or 503 as answered; 200 stands for "passed on as not authenticated". */
  status: 401 | 503 | 200
  request: { method: string; path: string; requestId?: string | undefined }
  user: Answer | undefined
  service: Answer | undefined
}

/**
 * Writes the one line of a refused request: reasons and audit ids, never tokens. A Keystone that fails is a warning; a
 * request without a token that is passed on is of interest to nobody but a debugger.
 */
export function logRefusal(logger: AuthTokenLogger | undefined, refusal: Refusal): void {
  if (!logger) return
  const cause = causeOf(refusal.user) ?? causeOf(refusal.service)
  const fields = {
    reason: refusal.reason,
    ...defined({ service_reason: refusal.serviceReason }),
    passed_on: refusal.status === 200,
    ...(refusal.status === 200 ? {} : { status: refusal.status }),
    method: refusal.request.method,
    path: refusal.request.path.split('?', 1)[0],
    ...defined({ request_id: refusal.request.requestId }),
    ...defined({ user_audit_ids: auditIds(refusal.user), service_audit_ids: auditIds(refusal.service) }),
    ...defined({ cause }),
  }
  logger[levelOf(refusal)](fields, 'request not authenticated')
}

function levelOf(refusal: Refusal): 'debug' | 'info' | 'warn' {
  if (isUnavailable(refusal.user) || isUnavailable(refusal.service)) return 'warn'
  return refusal.status === 200 && refusal.reason === 'user_token_absent' ? 'debug' : 'info'
}

function isUnavailable(answer: Answer | undefined): boolean {
  return answer instanceof Error && answer.code === 'validation_unavailable'
}

function auditIds(answer: Answer | undefined): string[] | undefined {
  return answer === undefined || answer instanceof Error ? undefined : answer.data.audit_ids
}

// Messages of keystoneauth hold no secrets; those of others are not known to.
function causeOf(answer: Answer | undefined): string | undefined {
  const cause = answer instanceof Error ? answer.cause : undefined
  if (cause instanceof ClientException) return `${cause.code}: ${cause.message}`
  return cause instanceof Error ? cause.name : undefined
}

function defined(fields: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined))
}
