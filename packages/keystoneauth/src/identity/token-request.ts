import { AccessInfo, isTokenData } from '../access.ts'
import { InvalidResponse } from '../errors.ts'
import { MissingAuthMethods } from '../missing-auth-methods.ts'
import { subjectTokenHeader } from '../plugin.ts'
import type { PluginRequest, PluginSession } from '../plugin-session.ts'
import { errorFrom, withoutSecrets } from '../response.ts'
import type { TokenData } from '../token-data.ts'
import type { AuthMethod } from './auth-method.ts'

/** Carries the receipt of a login that still lacks methods. */
const receiptHeader = 'Openstack-Auth-Receipt'

/** A login by methods. */
export interface TokenRequest {
  methods: readonly AuthMethod[]
  scope: unknown
  includeCatalog?: boolean | undefined
  /** Of an earlier login, whose methods then need not be shown again. */
  receipt?: string | undefined
}

/**
 * Asks Keystone for a token by what `methods` prove.
 *
 * @param base the `/v3` URL
 * @throws MissingAuthMethods when Keystone wants more methods; HttpError; InvalidResponse
 */
export async function requestToken(
  session: PluginSession,
  base: string,
  { methods, scope, includeCatalog, receipt }: TokenRequest,
): Promise<AccessInfo> {
  const identity: Record<string, unknown> = { methods: methods.map(({ name }) => name) }
  const secrets = receipt === undefined ? [] : [receipt]
  for (const method of methods) {
    const proof = await method.proof()
    identity[method.name] = proof.payload
    secrets.push(...proof.secrets)
  }
  return tokenFrom(session, `${base}/auth/tokens${includeCatalog === false ? '?nocatalog' : ''}`, {
    json: { auth: { identity, ...(scope === undefined ? {} : { scope }) } },
    ...(receipt === undefined ? {} : { headers: { [receiptHeader]: receipt } }),
    secrets,
  })
}

/** Sends a request whose answer is a token in `X-Subject-Token` and its data in the body. */
export async function tokenFrom(
  session: PluginSession,
  url: string,
  request: Pick<PluginRequest, 'json' | 'headers'> & { secrets: readonly string[] },
): Promise<AccessInfo> {
  const response = await session.request(url, {
    ...request,
    method: 'POST',
    authenticated: false,
    raiseExc: false,
    idempotent: true,
    purpose: 'login',
  })
  if (response.status >= 400) {
    const told = { method: 'POST', now: session.now(), secrets: request.secrets }
    const error = await errorFrom(response, told)
    const receipt = response.headers[receiptHeader.toLowerCase()]
    throw (receipt !== undefined && MissingAuthMethods.from(error, receipt)) || error
  }
  const token = response.headers[subjectTokenHeader.toLowerCase()]
  const data = (await response.json<{ token?: TokenData } | null>())?.token
  if (!token || !isTokenData(data)) {
    throw new InvalidResponse(`POST ${withoutSecrets(url)}: the answer holds no token`)
  }
  return new AccessInfo(token, data, session.now())
}
