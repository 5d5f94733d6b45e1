import { isReplayable, type BodySource } from './body.ts'
import { redactHeaders } from './redaction.ts'
import { withoutSecrets } from './response.ts'

/** A request as it goes out. */
interface Shown {
  method: string
  url: string
  headers: Readonly<Record<string, string>>
  body: BodySource | undefined
}

/**
 * The command that sends a request again, for a debug log. It holds no secret: secret headers are digests; of a query and of
 * a JSON body only the values of names that are known to be harmless are shown, the others are `***`; another body is left
 * out.
 *
 * @see keystoneauth1, Session._http_log_request, which shows bodies whole
 */
export function curlCommand({ method, url, headers, body }: Shown): string {
  const shown = Object.entries(redactHeaders(headers))
    .toSorted(([one], [other]) => (one.toLowerCase() < other.toLowerCase() ? -1 : 1))
    .map(([name, value]) => `-H ${quoted(`${name}: ${value}`)}`)
  const data = body === undefined ? [] : [`-d ${quoted(shownBody(body))}`]
  return ['curl -g -i', `-X ${method}`, quoted(shownUrl(url)), ...shown, ...data].join(' ')
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", String.raw`'\''`)}'`
}

// What OpenStack's APIs call things that are no secret. A name that is not here is hidden.
const harmless =
  /^(?:(?:.+_)?(?:id|ids|type|status|state|interface|region|version|method|methods|size|format|visibility|role|action|name|zone|cidr)|limit|marker|offset|sort|sort_key|sort_dir|all_tenants|allow_expired|nocatalog|fields|page|detail|enabled|.+Ref)$/

// What stands below such a name is hidden, whatever it is called: `auth.identity.token.id` is a token.
const secretName =
  /pass|secret|token|cred|private|user_data|userdata|personality|metadata|key|blob|sign|receipt|otp/i

function shownUrl(url: string): string {
  const bare = withoutSecrets(url)
  const query = /\?([^#]*)/.exec(url)?.[1]
  if (query === undefined) return bare
  const pairs = [...new URLSearchParams(query)].map(([name, value]) => {
    const shown = harmless.test(name) && !secretName.test(name) ? encodeURIComponent(value) : '***'
    return value === '' ? encodeURIComponent(name) : `${encodeURIComponent(name)}=${shown}`
  })
  return `${bare}?${pairs.join('&')}`
}

function shownBody(body: BodySource): string {
  if (typeof body !== 'string') return isReplayable(body) ? '<bytes>' : '<stream>'
  try {
    return JSON.stringify(hidden(JSON.parse(body), ''))
  } catch {
    return '<text>'
  }
}

function hidden(value: unknown, name: string): unknown {
  if (secretName.test(name)) return '***'
  if (Array.isArray(value)) return value.map((item: unknown) => hidden(item, name))
  if (typeof value === 'object' && value !== null)
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, hidden(item, key)]))
  if (value === null || typeof value === 'boolean') return value
  return harmless.test(name) ? value : '***'
}
