import {
  Adapter,
  retryAfterOf,
  type AuthPlugin,
  type Response,
  type Session,
  type TokenData,
} from '@longhaul/keystoneauth'
import { InvalidToken, ValidationUnavailable } from './errors.ts'
import { tokenDataOf } from './token-answer.ts'
import { isMissingEndpoint, unavailableFrom } from './unavailable.ts'

/** How Keystone is asked for a token. */
export interface FetchOptions {
  /** Whether an expired token counts within Keystone's window. */
  allowExpired: boolean
  /** Keystone is believed to be down: do not repeat a failed connection. */
  probe?: boolean
}

/**
 * Asks Keystone for a token's data.
 *
 * @throws InvalidToken when Keystone does not know the token
 * @throws ValidationUnavailable when nothing can be said
 */
export type FetchToken = (token: string, options: FetchOptions) => Promise<TokenData>

/** Settings of {@link keystoneFetchToken}. */
export interface KeystoneFetchTokenOptions {
  session: Session
  /**
   * This service's own user, with the role `service`; default: the session's plugin. It logs in anew when its catalog has no
   * Keystone, for all who use it.
   */
  auth?: AuthPlugin
  /** Interface of the identity endpoint in this service's own catalog. Default `internal`. */
  interface?: string
  regionName?: string | undefined
  /** Seconds for each try. Default 10. */
  timeout?: number | undefined
  /** Repetitions after a failed connection. Default 3. */
  connectRetries?: number
  /** false asks for tokens without their catalog, which access rules need. Default true. */
  includeServiceCatalog?: boolean
}

/** Milliseconds for which the catalog of an own token is taken for complete; twice as many each time that it was not. */
const catalogMilliseconds = { least: 5000, most: 300_000 } as const

/** Seconds that one try may take when the operator did not say. */
export const defaultTimeout = 10

/**
 * Validates tokens at the Keystone named in the catalog of this service's own token.
 *
 * @see Identity API v3, GET /v3/auth/tokens
 */
export function keystoneFetchToken(options: KeystoneFetchTokenOptions): FetchToken {
  const { session, auth } = options
  const identity = new Adapter({
    session,
    ...(auth ? { auth } : {}),
    serviceType: 'identity',
    validInterfaces: [options.interface ?? 'internal'],
    ...(options.regionName === undefined ? {} : { regionName: options.regionName }),
  })
  const withoutCatalog = options.includeServiceCatalog === false

  const renewal = { at: -Infinity, patience: catalogMilliseconds.least as number }

  async function endpoint(): Promise<string> {
    try {
      return await found()
    } catch (error) {
      if (!isMissingEndpoint(error)) throw error
      await renewCatalog()
      return found()
    }
  }

  async function found(): Promise<string> {
    const url = validationUrl(await identity.getEndpoint())
    renewal.patience = catalogMilliseconds.least
    return url
  }

  // Keystone's endpoint may have been registered after the login of this service's user. A clock may have been set back.
  async function renewCatalog(): Promise<void> {
    const access = await (auth ?? session.auth)?.getAccess?.(session)
    const now = session.now().getTime()
    const ages = [renewal.at, access?.obtainedAt?.getTime() ?? -Infinity].map((at) => Math.abs(now - at))
    if (Math.min(...ages) < renewal.patience) return
    renewal.at = now
    renewal.patience = Math.min(renewal.patience * 2, catalogMilliseconds.most)
    identity.invalidate()
  }

  async function send(token: string, { allowExpired, probe }: FetchOptions): Promise<Response> {
    const flags = [...(withoutCatalog ? ['nocatalog'] : []), ...(allowExpired ? ['allow_expired=1'] : [])]
    const query = flags.length > 0 ? `?${flags.join('&')}` : ''
    return session.request(`${await endpoint()}${query}`, {
      method: 'GET',
      headers: {
        'X-Subject-Token': token,
        'OpenStack-Identity-Access-Rules': '1',
        Accept: 'application/json',
      },
      ...(auth ? { auth } : {}),
      authenticated: true,
      raiseExc: false,
      redirects: 0,
      timeout: options.timeout ?? defaultTimeout,
      connectRetries: probe ? 0 : (options.connectRetries ?? 3),
    })
  }

  return async (token, how) => {
    try {
      const first = await send(token, how)
      // The session has already renewed its own token once; a second refusal may be a Keystone that lags behind.
      return await judge(first.status === 401 ? await send(token, how) : first, session.now())
    } catch (error) {
      throw unavailableFrom(error)
    }
  }
}

/** `/v3/auth/tokens` below an identity endpoint that is written with or without a version. */
export function validationUrl(endpoint: string | undefined): string {
  if (!endpoint) throw new ValidationUnavailable('identity_endpoint_not_found', { outage: false })
  return `${endpoint.replace(/\/+$/, '').replace(/\/v\d+(\.\d+)?$/, '')}/v3/auth/tokens`
}

async function judge(answer: Response, now: Date): Promise<TokenData> {
  if (answer.status === 200) return tokenOf(await answer.text())
  if (answer.status === 404) throw new InvalidToken()
  if (answer.status === 401) throw new ValidationUnavailable('own_credentials_refused')
  if (answer.status === 403) throw new ValidationUnavailable('own_credentials_forbidden', { outage: false })
  throw new ValidationUnavailable('keystone_failed', {
    outage: [429, 502, 503, 504].includes(answer.status),
    retryAfter: retryAfterOf(answer.headers, now) || undefined,
  })
}

function tokenOf(text: string): TokenData {
  const data = tokenDataOf(parsed(text))
  if (!data) throw new ValidationUnavailable('keystone_answer_invalid', { outage: false })
  return data
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch {
    return undefined
  }
}
