import { inflateSync } from 'node:zlib'
import type { TokenData } from '@longhaul/keystoneauth'
import { frozen } from '../frozen.ts'
import { tokenDataOf } from '../token-answer.ts'
import { knownToken, type CachedToken } from '../token-cache.ts'
import type { StoredValue } from './protocol.ts'

/** Flag of python-binary-memcached: the bytes are deflated. */
const compressedFlag = 8
/** No entry of a token is larger; more is not inflated. */
const mostBytes = 2 ** 23

/** Within the token of an entry of ours. Beside it would not do: the original takes two keys for a pair of a former release. */
interface Note {
  until: number
  refresh_at: number
  allow_expired: boolean
}

/** What bounds the use of an entry that may come from elsewhere. */
export interface EntryBounds {
  /** Milliseconds since the epoch. */
  now: number
  /** `token_cache_time`, in milliseconds. */
  cacheMs: number
  /** `allow_expired_window`, in milliseconds. */
  windowMs: number
}

/** An entry as bytes, before its protection. */
export function entryBytes({ data, until, refreshAt, allowExpired }: CachedToken): Buffer {
  const note: Note = { until, refresh_at: refreshAt, allow_expired: allowExpired }
  return Buffer.from(JSON.stringify({ token: { ...data, longhaul: note } }))
}

/** What was stored, as its client's flags say. @throws Error when the flags are wrong */
export function bytesOf({ data, flags }: StoredValue): Buffer {
  return flags & compressedFlag ? inflateSync(data, { maxOutputLength: mostBytes }) : data
}

/**
 * Reads an entry, ours or the original's. Ours ends with its token or, if it was asked for with `allow_expired`, with the
 * window. One of the original's tells neither how it was asked for nor how long it may be kept, which memcached alone
 * knows: it counts for this moment, and not after the expiry of its token.
 *
 * @returns undefined when it is none, or has ended
 */
export function readEntry(bytes: Buffer, { now, cacheMs, windowMs }: EntryBounds): CachedToken | undefined {
  const data = tokenDataOf(parse(bytes))
  if (!data) return undefined
  const note = noteOf(data)
  const { expiresAt } = knownToken(data)
  const allowExpired = note?.allow_expired ?? false
  const end = allowExpired ? expiresAt + windowMs - 1 : expiresAt
  const until = Math.min(note?.until ?? now, end, now + cacheMs)
  if (until < now) return undefined
  const refreshAt = Math.min(note?.refresh_at ?? Infinity, until + 1)
  return { data: frozen(bare(data)), expiresAt, allowExpired, until, refreshAt }
}

function parse(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString()) as unknown
  } catch {
    return undefined
  }
}

function noteOf(data: object): Note | undefined {
  const { longhaul } = data as { longhaul?: Partial<Note> }
  if (typeof longhaul?.until !== 'number' || typeof longhaul.refresh_at !== 'number') return undefined
  return {
    until: longhaul.until,
    refresh_at: longhaul.refresh_at,
    allow_expired: longhaul.allow_expired === true,
  }
}

// The original adds the token itself and a version to what Keystone said.
function bare(data: TokenData): TokenData {
  const {
    auth_token: _token,
    version: _version,
    longhaul: _note,
    ...rest
  } = data as TokenData & Record<string, unknown>
  return rest
}
