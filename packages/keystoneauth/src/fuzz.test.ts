import assert from 'node:assert/strict'
import {
  booleanOption,
  Config,
  ConfigError,
  dictOption,
  floatOption,
  hostOption,
  integerListOption,
  integerOption,
  ipAddressOption,
  listOption,
  parseIni,
  portOption,
  stringOption,
  uriOption,
} from '@longhaul/oslo-config'
import fc from 'fast-check'
import { AccessInfo } from './access.ts'
import { ServiceCatalog } from './catalog.ts'
import { curlCommand } from './curl.ts'
import { discoverVersions } from './discovery.ts'
import { readErrorBody } from './error-body.ts'
import { ClientException, DiscoveryFailure, EmptyCatalog, EndpointNotFound, OptionError } from './errors.ts'
import { holds, jsonWith, secretText, textWith } from './fixtures/fuzz.ts'
import { tokenFrom } from './identity/token-request.ts'
import { normalised } from './loading/clouds/normalise.ts'
import { parseSettings } from './loading/clouds/config-files.ts'
import { inRegion } from './loading/clouds/region.ts'
import { cloudAuth } from './loading/clouds/cloud-auth.ts'
import { isSettings } from './loading/clouds/settings.ts'
import { MissingAuthMethods } from './missing-auth-methods.ts'
import type { PluginSession } from './plugin-session.ts'
import { redactText } from './redaction.ts'
import { errorFrom, retryAfterOf, withoutSecrets, type Response } from './response.ts'
import type { CatalogEntry } from './token-data.ts'

/** What a function throws; undefined when it does not. */
function thrown(work: () => unknown): unknown {
  try {
    work()
    return undefined
  } catch (error) {
    return error
  }
}

const isOneOf = (error: unknown, ...classes: (abstract new (...all: never[]) => Error)[]) =>
  assert.ok(
    error === undefined || classes.some((one) => error instanceof one),
    error instanceof Error ? error : 'no error',
  )

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

const ini = textWith(
  '[',
  ']',
  '=',
  ':',
  '\n',
  '\n ',
  '\t',
  '#',
  ';',
  '"',
  "'",
  '$',
  '${a.b}',
  'a',
  '[x]\n',
  'a = ',
  ',',
)

holds('INI is read, or refused with the lines at fault, none of which is repeated', ini, (text) => {
  const error = thrown(() => parseIni(text, 'file'))
  isOneOf(error, ConfigError)
  if (error === undefined)
    for (const { group, name, line } of parseIni(text, 'file')) {
      assert.ok(group !== '' && name !== '' && line > 0)
    }
})

holds(
  'What is written as INI is read as it was meant',
  fc.dictionary(fc.stringMatching(/^[a-z]\w{0,8}$/), fc.stringMatching(/^[!-&(-~][ -~]{0,20}$/)),
  (values) => {
    const plain = Object.entries(values).map(([name, value]) => [name, value.trim()] as const)
    const written = plain.filter(([, value]) => !/^(["']).*\1$/.test(value))
    const text = `[x]\n${written.map(([name, value]) => `${name} = ${value}`).join('\n')}`
    assert.deepEqual(
      parseIni(text, 'file').map(({ name, value }) => [name, value]),
      written.map(([name, value]) => [name, value]),
    )
  },
)

const help = 'A value.'
const table = {
  text: stringOption({ help }),
  integer: integerOption({ help }),
  float: floatOption({ help }),
  boolean: booleanOption({ help }),
  list: listOption({ help }),
  integers: integerListOption({ help }),
  dict: dictOption({ help }),
  port: portOption({ help }),
  host: hostOption({ help }),
  address: ipAddressOption({ help }),
  uri: uriOption({ help }),
  hidden: uriOption({ help, secret: true }),
}
const valueText = textWith(
  ',',
  ':',
  '"',
  "'",
  '.',
  '-',
  '1',
  '65535',
  '0x',
  'e9',
  'true',
  '://',
  '[',
  ']',
  '::',
  '$$',
  '$text',
)
holds(
  'A value is of its type or refused, and a secret one is not repeated',
  fc.tuple(fc.constantFrom(...Object.keys(table)), valueText),
  ([name, value]) => {
    const conf = Config.parse(`[x]\n${name} = ${value.replaceAll(/[\r\n]/g, '')}`)
    const error = thrown(() => conf.register('x', table))
    isOneOf(error, ConfigError)
    if (name === 'hidden' && error && value.trim().length > 8)
      assert.ok(!`${error as Error}`.includes(value.trim()))
  },
)

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
    assert.ok(seconds >= 0 && !Number.isNaN(seconds))
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

const yaml = textWith(
  'clouds:',
  '\n',
  '\n  ',
  ': ',
  '- ',
  '{',
  '}',
  '[',
  ']',
  '&a ',
  '*a',
  '<<: *a',
  '"',
  "'",
  '|',
  '>',
  '!!',
  '%',
  '#',
  '~',
  'auth',
  'regions',
  ',',
)
holds('YAML is settings or refused with a place, and nothing of it is repeated', yaml, (text) => {
  const error = thrown(() => parseSettings(text, 'clouds.yaml'))
  isOneOf(error, OptionError)
  if (error) assert.match(`${error as Error}`, /^OptionError: clouds\.yaml/)
})

const cloud = jsonWith(
  'auth',
  'auth_type',
  'auth_url',
  'regions',
  'region_name',
  'values',
  'name',
  'password',
  'token',
  'project_id',
  'domain_id',
  'endpoint_type',
  'api_timeout',
  'none',
  'v3multifactor',
)
holds('Whatever is called a cloud is one, or refused', cloud, (value) => {
  const settings = parseSettings(JSON.stringify({ cloud: value }), 'clouds.yaml')['cloud']
  if (!isSettings(settings)) return
  const place = { name: 'clouds.x', files: ['clouds.yaml'], environment: false }
  isOneOf(
    thrown(() => cloudAuth(normalised(inRegion(settings, undefined, 'clouds.x')), place)),
    ClientException,
  )
})

holds(
  'A URL for a log has no query and no user',
  fc.webUrl({ withQueryParameters: true, withFragments: true }),
  (url) => {
    const shown = withoutSecrets(url.replace('://', '://user:secret@'))
    assert.ok(!/[?#@]/.test(new URL(shown).href.replace(new URL(shown).pathname, '')))
  },
)
