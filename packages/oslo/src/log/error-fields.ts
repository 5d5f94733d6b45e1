import { redactText } from './redaction.ts'

/**
 * What of an error's own properties is written. Anything else, such as the request that a client library hangs on its
 * errors with headers and body, stays out.
 */
const shownFields = [
  'code',
  'status',
  'errcode',
  'errno',
  'syscall',
  'address',
  'port',
  'path',
  'method',
  'url',
  'requestId',
  'retryAfter',
  'detail',
  'table',
  'constraint',
] as const

/** Causes are followed this far. */
const maxCauses = 5

/** An error as it stands in a log line: type, message, stack, the fields above, and its causes. */
export function errorFields(error: Error, depth = 0): Record<string, unknown> {
  const fields: Record<string, unknown> = {
    type: error.name,
    message: redactText(error.message),
    stack: redactText(error.stack ?? ''),
  }
  const own = error as unknown as Record<string, unknown>
  for (const name of shownFields) {
    const value = own[name]
    if (typeof value === 'number') fields[name] = value
    else if (typeof value === 'string')
      fields[name] = redactText(name === 'url' ? value.replace(/\?.*$/s, '') : value)
  }
  if (depth < maxCauses) {
    if (error.cause instanceof Error) fields['cause'] = errorFields(error.cause, depth + 1)
    if (error instanceof AggregateError) {
      fields['errors'] = error.errors
        .filter((part) => part instanceof Error)
        .map((part) => errorFields(part, depth + 1))
    }
  }
  return fields
}
