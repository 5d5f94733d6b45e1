import { createHash } from 'node:crypto'

// Services and proxies have headers of their own, and users name those of their metadata: a list would miss them. A challenge
// (WWW-Authenticate) says where to log in, and is no secret.
const secretHeaderName =
  /auth(?!ority|enticate)|bearer|cookie|cred|hmac|jwt|key(?!stone)|\bt?otp\b|pass|private|pwd|receipt|secret|session|\bsig\b|signature|ticket|token/i

/** Whether the value of a header of this name never appears in a log or an error. */
export function isSecretHeader(name: string): boolean {
  return secretHeaderName.test(name)
}

/**
 * Headers for a log: every secret is replaced by `{SHA256}` and its digest, so that two lines about one token can be
 * brought together.
 *
 * @see keystoneauth1, Session._process_header
 */
export function redactHeaders(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name, isSecretHeader(name) ? digest(value) : value]),
  )
}

/** The values of the secret headers among these; of `Bearer x` also the `x` alone. */
export function secretsOf(headers: Readonly<Record<string, string>>): string[] {
  return Object.entries(headers).flatMap(([name, value]) => {
    if (!isSecretHeader(name)) return []
    const bare = /^(?:Basic|Bearer) +(.+)$/i.exec(value)?.[1]
    return bare === undefined ? [value] : [value, bare]
  })
}

// A shorter secret would be found by chance in any text, and its place would give it away.
const shortestSecret = 4

/** A text that came from elsewhere, without the secrets it may repeat, also as JSON, HTML and URLs write them. */
export function redactText(text: string, secrets: readonly string[]): string {
  return secrets
    .filter((secret) => secret.length >= shortestSecret)
    .flatMap(spellingsOf)
    .reduce((clean, secret) => clean.replaceAll(secret, '***'), text)
}

// Escaping leaves the quotes as they are, or writes the one, or both, the apostrophe in two ways.
const escapings: readonly (readonly [sign: string, entity: string][])[] = [
  [],
  [['"', '&quot;']],
  [
    ['"', '&quot;'],
    ["'", '&#x27;'],
  ],
  [
    ['"', '&quot;'],
    ["'", '&#39;'],
  ],
]

/** The longest ones come first, as one may contain another. */
function spellingsOf(secret: string): string[] {
  const json = JSON.stringify(secret).slice(1, -1)
  const ascii = json.replaceAll(
    /[^\0-\x7f]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
  const html = secret.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
  const all = [
    secret,
    json,
    ascii,
    ascii.replaceAll('/', '\\/'),
    ...escapings.map((pairs) => pairs.reduce((text, [sign, entity]) => text.replaceAll(sign, entity), html)),
    encodeURIComponent(secret.toWellFormed()),
    new URLSearchParams({ '': secret }).toString().slice(1),
  ]
  // A message is one line with single spaces.
  const asRead = all.map((text) => text.replaceAll(/\s+/g, ' ').trim())
  return [...new Set([...all, ...asRead])]
    .filter((text) => text.length >= shortestSecret)
    .toSorted((a, b) => b.length - a.length)
}

function digest(value: string): string {
  return `{SHA256}${createHash('sha256').update(value).digest('hex')}`
}
