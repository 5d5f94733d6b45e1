import assert from 'node:assert/strict'
import fc from 'fast-check'
import { AccessInfo } from './access.ts'
import { ServiceCatalog } from './catalog.ts'
import { curlCommand } from './curl.ts'
import { discoverVersions } from './discovery.ts'
import { readErrorBody } from './error-body.ts'
import { ClientException, DiscoveryFailure, EmptyCatalog, EndpointNotFound, OptionError } from './errors.ts'
import { holds, isOneOf, jsonWith, secretText, textWith, thrown } from './fixtures/fuzz.ts'
import { tokenFrom } from './identity/token-request.ts'
import { MissingAuthMethods } from './missing-auth-methods.ts'
import type { PluginSession } from './plugin-session.ts'
import { redactText } from './redaction.ts'
import { errorFrom, retryAfterOf, withoutSecrets, type Response } from './response.ts'
import type { CatalogEntry } from './token-data.ts'

function answer(status: number, headers: Record<string, string>, body: string): Response {
  return {
    status,
    headers,
    url: 'http://k/v3',
    requestId: undefined,
    body: undefined as never,
    text: async () => body,
    bytes: async () => Buffer.from(body),
    json: async <T>() => {
      try {
        return JSON.parse(body) as T
      } catch {
        throw new OptionError('not JSON')
      }
    },
  }
}

const answering = (response: Response): PluginSession => ({
  now: () => new Date(0),
  request: async () => response,
})

const catalog = jsonWith('type', 'name', 'endpoints', 'interface', 'url', 'region_id', 'identity', 'public')
const entries = fc.array(
  fc.oneof(
    catalog,
    fc.record({ type: fc.constant('identity'), endpoints: fc.array(catalog, { maxLength: 3 }) }),
    fc.record({
      type: fc.constant('identity'),
      endpoints: fc.array(fc.record({ interface: fc.constant('public'), url: catalog }), { maxLength: 3 }),
    }),
  ),
)
holds(
  'Of whatever is called a catalog a URL comes, or that there is none',
  fc.tuple(entries, fc.boolean()),
  ([all, named]) => {
    const read = new ServiceCatalog(all as CatalogEntry[])
    let url: unknown
    isOneOf(
      thrown(
        () => (url = read.urlFor({ serviceType: 'identity', ...(named ? { serviceName: 'keystone' } : {}) })),
      ),
      EmptyCatalog,
      EndpointNotFound,
    )
    assert.ok(url === undefined || (typeof url === 'string' && url !== ''))
  },
)

const document = jsonWith(
  'versions',
  'values',
  'version',
  'id',
  'status',
  'links',
  'rel',
  'href',
  'min_version',
  'CURRENT',
  'self',
)
holds(
  'Of whatever is called a version document versions come, or that it is none',
  document,
  async (body) => {
    const session = answering(answer(300, {}, JSON.stringify(body)))
    const found = await discoverVersions(session, 'http://k/').catch((error: unknown) => error)
    if (Array.isArray(found)) for (const { url } of found as { url: string }[]) assert.ok(URL.canParse(url))
    else isOneOf(found, DiscoveryFailure)
  },
)

const tokenBody = jsonWith(
  'token',
  'user',
  'id',
  'expires_at',
  'catalog',
  'audit_ids',
  'receipt',
  'methods',
  'required_auth_methods',
  'error',
  'message',
)
const loginAnswer = fc.tuple(
  fc.constantFrom(200, 201, 300, 401, 403, 500),
  fc.dictionary(fc.constantFrom('x-subject-token', 'openstack-auth-receipt', 'retry-after'), fc.string()),
  fc.oneof(
    tokenBody.map((body) => JSON.stringify(body)),
    fc.string(),
  ),
)
holds(
  'An answer to a login is a token with a user and an end, or an error',
  loginAnswer,
  async ([status, headers, body]) => {
    const session = answering(answer(status, headers, body))
    const got = await tokenFrom(session, 'http://k/v3/auth/tokens', { secrets: [] }).catch(
      (error: unknown) => error,
    )
    if (got instanceof MissingAuthMethods) assert.ok(Array.isArray(got.missing))
    if (!(got instanceof AccessInfo)) return isOneOf(got, ClientException)
    assert.ok(status < 400 && got.token !== '' && typeof got.userId === 'string')
    assert.ok(!Number.isNaN(got.expiresAt.getTime()))
  },
)

holds(
  'A text is a stored login or refused',
  fc.oneof(
    fc.string(),
    jsonWith('auth_token', 'body', 'token', 'user', 'expires_at').map((value) => JSON.stringify(value)),
  ),
  (text) => {
    isOneOf(
      thrown(() => AccessInfo.fromSecretText(text)),
      OptionError,
    )
  },
)

holds(
  'Retry-After is a number of seconds, whatever is sent',
  textWith('1', '-', 'Wed, 21 Oct 2015', ' 07:28:00 GMT', '99999999999999999999'),
  (value) => {
    const seconds = retryAfterOf({ 'retry-after': value }, new Date(0))
    assert.ok(seconds >= 0 && Number.isFinite(seconds))
  },
)

holds(
  'An error body gives one line of text, whatever it is',
  fc.tuple(
    fc.oneof(
      jsonWith('error', 'message', 'title', 'errors', 'detail', 'NeutronError').map((value) =>
        JSON.stringify(value),
      ),
      textWith('<', '>', 'html', '</', '&amp;', '{', '\n'),
    ),
    fc.constantFrom('application/json', 'text/html', 'text/plain', ''),
  ),
  ([body, type]) => {
    const { message, details } = readErrorBody(body, type, 'HTTP 400')
    assert.ok(message !== '' && !/[\r\n]/.test(message) && !/[\r\n]/.test(details ?? ''))
  },
)

holds(
  'No error repeats a secret, however the other side writes it',
  fc.tuple(secretText, fc.string(), fc.nat(5)),
  async ([secret, around, form]) => {
    const html = secret
      .replaceAll('&', '&amp;')
      .replaceAll('<', '&lt;')
      .replaceAll('>', '&gt;')
      .replaceAll('"', '&quot;')
    const spelled = [
      secret,
      JSON.stringify(secret).slice(1, -1),
      encodeURIComponent(secret),
      new URLSearchParams({ a: secret }).toString().slice(2),
      html,
      `<p>${html}</p>`,
    ][form]!
    const told = { method: 'GET', now: new Date(0), secrets: [secret] }
    const error = await errorFrom(
      answer(400, { 'content-type': form > 3 ? 'text/html' : 'text/plain' }, around + spelled),
      told,
    )
    for (const text of [error.message, error.body]) {
      assert.ok(!text.includes(secret), text)
      assert.ok(!text.includes(spelled), text)
    }
    assert.equal(redactText(`${around}${secret}`, [secret]).includes(secret), false)
  },
)

holds(
  'A curl command shows no value of a name that it does not know',
  fc.tuple(secretText, fc.constantFrom('password', 'adminPass', 'token', 'x', 'user_data', 'credential')),
  ([secret, name]) => {
    const shown = curlCommand({
      method: 'POST',
      url: `http://u:${encodeURIComponent(secret)}@h/?${new URLSearchParams({ [name]: secret }).toString()}`,
      headers: { 'X-Auth-Token': secret, authorization: secret },
      body: JSON.stringify({ [name]: secret, deep: [{ [name]: { id: secret } }] }),
    })
    if (name === 'x') assert.ok(shown.includes('"x":"***"'))
    else
      assert.ok(
        ![secret, encodeURIComponent(secret), JSON.stringify(secret).slice(1, -1)].some((text) =>
          shown.includes(text),
        ),
        shown,
      )
  },
)

holds(
  'A URL for a log has no query and no user',
  fc.webUrl({ withQueryParameters: true, withFragments: true }),
  (url) => {
    const shown = withoutSecrets(url.replace('://', '://user:secret@'))
    assert.ok(!/[?#@]/.test(new URL(shown).href.replace(new URL(shown).pathname, '')))
  },
)
