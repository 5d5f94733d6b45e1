/**
 * Names whose values never reach a log, in whatever case and with or without `-` and `_`. A name that ends in
 * `password`, `passphrase`, `secret` or `privatekey` is treated like these. Booleans and null pass.
 */
export const redactedNames = {
  /** Headers that carry a credential. Where such a name is followed by its value in a list, the value goes too. */
  headers: [
    'x-auth-token',
    'x-service-token',
    'x-subject-token',
    'x-storage-token',
    'x-auth-receipt',
    'openstack-auth-receipt',
    'authorization',
    'proxy-authorization',
    'cookie',
    'set-cookie',
  ],
  /** Fields that hold nothing but a credential: replaced whatever they hold. */
  fields: [
    'password',
    'original_password',
    'password_hash',
    'passphrase',
    'passcode',
    'secret',
    'adminPass',
    'admin_pass',
    'private_key',
    'client_key',
    'master_key',
    'recipient_key',
    'sealing_key',
    'fernet_key',
    'key_material',
    'sealed',
    'sealed_context',
    'blob',
    'user_data',
    'encryption_auth_data',
  ],
  /** Fields that hold a credential as text; as an object they describe it (`{audit_id, expires_at}`) and stay. */
  tokens: [
    'token',
    'auth_token',
    'user_token',
    'service_token',
    'subject_token',
    'access_token',
    'refresh_token',
    'id_token',
    'token_id',
    'receipt',
    'auth_receipt',
  ],
} as const

/** What stands in the place of a secret. */
export const redacted = '[redacted]'

const canonical = (name: string) => name.toLowerCase().replaceAll(/[-_]/g, '')
const headers = new Set<string>(redactedNames.headers.map(canonical))
const fields = new Set<string>(redactedNames.fields.map(canonical))
const tokens = new Set<string>(redactedNames.tokens.map(canonical))
const secretEnding = /(?:password|passphrase|secret|privatekey)$/

type Verdict = 'secret' | 'token' | 'open'

const verdicts = new Map<string, Verdict>()

/** Names may come from clients, so that the memory of them is bounded. */
const rememberedNames = 2000

function verdictOn(name: string): Verdict {
  let verdict = verdicts.get(name)
  if (verdict === undefined) {
    const plain = canonical(name)
    if (headers.has(plain) || fields.has(plain) || secretEnding.test(plain)) verdict = 'secret'
    else verdict = tokens.has(plain) ? 'token' : 'open'
    if (verdicts.size < rememberedNames) verdicts.set(name, verdict)
  }
  return verdict
}

/** True if a value under this name must not be shown: for query parameters and the like. */
export function isSecretName(name: string): boolean {
  return verdictOn(name) !== 'open'
}

const suspect = /gAAAAA|eyJ|:\/\/|token|authorization|passw|passphrase|secret|adminpass|cookie|receipt/i
const patterns: readonly (readonly [RegExp, string])[] = [
  // Fernet and JWS tokens.
  [/gAAAAA[\w-]{16,}(?:={0,2}|(?:%3D){0,2})/gi, redacted],
  [/eyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]+/g, redacted],
  // The password of a URL.
  [/(\b[a-z][a-z0-9+.-]*:\/\/[^\s/:@]*):[^\s/]*@/gi, `$1:${redacted}@`],
  // `X-Auth-Token: …`, `Authorization: Basic …`, with or without quotes.
  [
    /(\b(?:x-[a-z]+-token|(?:proxy-)?authorization|(?:set-)?cookie|(?:openstack|x)-auth-receipt)["']?\s*[:=,]\s*["']?)(?:(?:basic|bearer)\s+)?[^\s"',}]+/gi,
    `$1${redacted}`,
  ],
  // `password=…`, `"secret": "…"`.
  [
    /(\b\w*(?:password|passphrase|secret|adminPass|auth_token)["']?\s*[:=]\s*)(?:"[^"]*"|'[^']*'|[^\s"',;&}]+)/gi,
    `$1${redacted}`,
  ],
]

/** Takes tokens, passwords of URLs and `name: value` pairs of the table out of a text. */
export function redactText(text: string): string {
  if (!suspect.test(text)) return text
  let clean = text
  for (const [pattern, replacement] of patterns) clean = clean.replace(pattern, replacement)
  return clean
}

/** Levels of nesting that are shown; what lies deeper is not looked at and therefore not written. */
const maxDepth = 8

/**
 * A value without what the table forbids. What needs no change is returned as it is; nothing that was passed in is
 * altered.
 *
 * @param serializeError how an Error inside the value is written
 */
export function redact(value: unknown, serializeError: (error: Error) => unknown, depth = 0): unknown {
  if (typeof value === 'string') return redactText(value)
  if (typeof value !== 'object' || value === null) return value
  if (depth > maxDepth) return '[deep]'
  if (value instanceof Error) return serializeError(value)
  if (ArrayBuffer.isView(value)) return `[${value.byteLength} bytes]`
  if (Array.isArray(value)) return redactList(value, serializeError, depth)
  if (hasToJson(value)) return redact(value.toJSON(), serializeError, depth + 1)
  return redactRecord(value as Record<string, unknown>, serializeError, depth)
}

function redactRecord(
  record: Record<string, unknown>,
  serializeError: (error: Error) => unknown,
  depth: number,
) {
  let copy: Record<string, unknown> | undefined
  for (const name of Object.keys(record)) {
    const value = record[name]
    const clean = hides(name, value) ? redacted : redact(value, serializeError, depth + 1)
    if (clean !== value) {
      copy ??= { ...record }
      copy[name] = clean
    }
  }
  return copy ?? record
}

function redactList(list: unknown[], serializeError: (error: Error) => unknown, depth: number): unknown[] {
  let copy: unknown[] | undefined
  for (let i = 0; i < list.length; i++) {
    const before: unknown = list[i - 1]
    const value: unknown = list[i]
    const named = typeof before === 'string' && headers.has(canonical(before))
    const clean = named ? redacted : redact(value, serializeError, depth + 1)
    if (clean !== value) {
      copy ??= [...list]
      copy[i] = clean
    }
  }
  return copy ?? list
}

function hides(name: string, value: unknown): boolean {
  if (value === null || value === undefined || typeof value === 'boolean') return false
  const verdict = verdictOn(name)
  if (verdict === 'open') return false
  return (
    verdict === 'secret' || typeof value !== 'object' || ArrayBuffer.isView(value) || Array.isArray(value)
  )
}

function hasToJson(value: object): value is { toJSON(): unknown } {
  return 'toJSON' in value && typeof value.toJSON === 'function'
}
