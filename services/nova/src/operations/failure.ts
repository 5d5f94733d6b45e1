import { AuthorizationFailure, ClientException, HttpError, isRetriable } from '@longhaul/keystoneauth'
import { SealError } from '@longhaul/oslo/context'
import { isTransientDatabaseError } from '@longhaul/oslo/db'

/** Why an operation did not succeed, as it is stored and shown: never an address, a token or a stack. */
export interface Failure {
  /** Stable literal. */
  code: string
  /** For the user, such as `401 from glance: The request you have made requires authentication.` */
  message: string
}

/** A step cannot succeed, however often it is repeated. */
export class TerminalError extends Error {
  override name = 'TerminalError'
  readonly code: string

  constructor(code: string, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }
}

/** Not now, perhaps later. */
export class TransientError extends Error {
  override name = 'TransientError'
  readonly code: string

  constructor(code: string, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }
}

/** What can be wanted of an operation that runs: its server is to be deleted, an operator gives it up, or a user a live migration. */
export type Wish = 'delete' | 'rollback' | 'abort'

const wishes: Readonly<Record<Wish, [code: string, message: string]>> = {
  delete: ['delete_requested', 'the deletion of the server was requested'],
  rollback: ['rollback_requested', 'an operator has given the operation up'],
  abort: ['migration_aborted', 'the live migration was aborted'],
}

/** Somebody wants the operation to end: it undoes its work. */
export class Interrupted extends TerminalError {
  constructor(wish: Wish) {
    super(...wishes[wish])
  }
}

/** Another execution of the same operation has taken over; this one must not do anything more. */
export class StaleAttempt extends Error {
  override name = 'StaleAttempt'
  readonly code = 'stale_attempt'

  constructor(options?: ErrorOptions) {
    super('another execution of this operation has taken over', options)
  }
}

/** Whether the same work may succeed later. */
export function isTransient(error: unknown): boolean {
  return error instanceof TransientError || isRetriable(error) || isTransientDatabaseError(error)
}

/** The failure as users see it. */
export function failureOf(error: unknown): Failure {
  if (error instanceof TerminalError || error instanceof TransientError) {
    return { code: error.code, message: error.message }
  }
  if (error instanceof HttpError) {
    return { code: error.code, message: `${error.status} from ${serviceOf(error)}: ${error.message}` }
  }
  if (error instanceof AuthorizationFailure) {
    return { code: error.code, message: 'there is no token to ask other services with' }
  }
  if (error instanceof ClientException) {
    return { code: error.code, message: 'another service did not answer' }
  }
  if (error instanceof SealError) return { code: error.code, message: 'the request context cannot be opened' }
  if (isTransientDatabaseError(error)) {
    return { code: 'database_unavailable', message: 'the database did not answer' }
  }
  return { code: 'internal_error', message: 'unexpected error, see the log of nova-conductor' }
}

/** Nova's word for the service, from the path: all that nova asks of others is under these. */
function serviceOf(error: HttpError): string {
  const { pathname } = new URL(error.url)
  if (pathname.includes('/v2/images')) return 'glance'
  if (/\/(attachments|volumes)(\/|$)/.test(pathname)) return 'cinder'
  if (/\/v2\.0\/(networks|ports)(\/|$)/.test(pathname)) return 'neutron'
  if (pathname.includes('/auth/tokens')) return 'keystone'
  return 'nova-compute'
}
