/** Another connection has been writing for longer than the wait. Trying again may help. */
export class DatabaseLockedError extends Error {
  override name = 'DatabaseLockedError'
  readonly code = 'database_locked'
}

/** Network failures between us and the server. */
const networkCodes = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
])

/** SQLSTATEs of a server that goes down, comes up or has no connection left; class 08 is matched by its prefix. */
const unavailableStates = new Set(['57P01', '57P02', '57P03', '53300'])

/** What pg says without giving a code. */
const lostConnection =
  /^Connection terminated|^Client has encountered a connection error|^timeout exceeded when trying to connect|^timeout expired|^Connection ended unexpectedly/

/** SQLite's extended result codes SQLITE_CONSTRAINT_UNIQUE, _PRIMARYKEY and _ROWID. */
const sqliteUnique = new Set<unknown>([2067, 1555, 2579])

/** SQLite's extended result code SQLITE_CONSTRAINT_FOREIGNKEY. */
const sqliteForeignKey = 787

/**
 * True if the database could not be reached, or went away during a query: the same call may succeed later. Whether the
 * interrupted statement took effect is unknown.
 *
 * @see https://www.postgresql.org/docs/current/errcodes-appendix.html
 */
export function isConnectionError(error: unknown): boolean {
  for (const { code, message } of chain(error)) {
    if (typeof code === 'string') {
      if (networkCodes.has(code) || unavailableStates.has(code)) return true
      if (/^08[0-9A-Z]{3}$/.test(code)) return true
    }
    if (typeof message === 'string' && lostConnection.test(message)) return true
  }
  return false
}

/** True if the database cannot be had just now: it does not answer, or another process holds all of it. */
export function isDatabaseAway(error: unknown): boolean {
  return isConnectionError(error) || error instanceof DatabaseLockedError
}

/** SQLSTATEs of a transaction that another one or a full disk or memory has ended. */
const passingStates = new Set<unknown>(['40001', '40P01', '55P03', '53100', '53200'])

/** True if the same work may succeed later: the database is away, or ended a transaction that may be made again. */
export function isTransientDatabaseError(error: unknown): boolean {
  return isConnectionError(error) || [...chain(error)].some((one) => passingStates.has(one.code))
}

/** True if a row with the same unique key exists already. */
export function isUniqueViolation(error: unknown): boolean {
  return [...chain(error)].some((one) => one.code === '23505' || sqliteUnique.has(one.errcode))
}

/** True if a row refers to one that does not exist, or one that is still referred to was deleted. */
export function isForeignKeyViolation(error: unknown): boolean {
  return [...chain(error)].some((one) => one.code === '23503' || one.errcode === sqliteForeignKey)
}

/** SQLSTATEs of values that the server cannot hold: a NUL in text, no regular expression, a number or time out of range. */
const badValueStates = new Set<unknown>(['22021', '22P05', '2201B', '22003', '22008'])

/** True if a value of the statement was what PostgreSQL cannot hold or read: the caller sent it. */
export function isBadValue(error: unknown): boolean {
  return [...chain(error)].some((one) => badValueStates.has(one.code))
}

interface Fault {
  code?: unknown
  errcode?: unknown
  message?: unknown
  cause?: unknown
  errors?: unknown
}

/** The error, what caused it, and the parts of an AggregateError (one for each address that was tried). */
function* chain(error: unknown, depth = 0): Generator<Fault> {
  if (typeof error !== 'object' || error === null || depth > 8) return
  const fault: Fault = error
  yield fault
  if (Array.isArray(fault.errors)) for (const part of fault.errors) yield* chain(part, depth + 1)
  yield* chain(fault.cause, depth + 1)
}
