import { judgeService, judgeUser, type Answer, type Facts } from './checks.ts'
import { InvalidToken, ValidationUnavailable } from './errors.ts'
import type { FetchToken } from './fetch-token.ts'
import { JudgedRequest } from './keystone-request.ts'
import { measure, type AuthTokenMetrics } from './metrics.ts'
import type { Reason } from './reasons.ts'
import { receivedTokens, type ReceivedTokens } from './received-tokens.ts'
import { logRefusal, type AuthTokenLogger } from './refusal-log.ts'
import { challengeFor, reasoned, unauthorized, unavailable } from './rejection.ts'
import { memoryTokenCache, type TokenCache } from './token-cache.ts'
import { TokenLookup, type Question } from './token-lookup.ts'
import type { NeutralRequest, Rejected, Verdict } from './verdict.ts'

/** Settings of {@link createAuthToken}; the names are those of [keystone_authtoken]. */
export interface AuthTokenOptions {
  fetchToken: FetchToken
  /** Ended by `close()`. Default: a bounded cache in this process. */
  cache?: TokenCache
  /** Where clients log in; told to them with each 401. */
  wwwAuthenticateUri: string
  /** Pass unauthenticated requests on, for the application to decide. Default false. */
  delayAuthDecision?: boolean
  /** A service token needs one of these. Default `service`. */
  serviceTokenRoles?: readonly string[]
  /** false: any valid service token is Confirmed, yet allows nothing more without a role. Default true. */
  serviceTokenRolesRequired?: boolean
  /** Seconds an answer is kept; 0 or less: nothing is kept. Default 300. */
  tokenCacheTime?: number
  /** Seconds; Keystone's `[token] allow_expired_window`. Bounds the cache, not Keystone's decision. Default 172800. */
  allowExpiredWindow?: number
  /** Default true. */
  includeServiceCatalog?: boolean
  /** `disabled`, `permissive`, `strict`, `required` or a kind of binding. Default `permissive`. */
  enforceTokenBind?: string
  /** This service's type in the catalog, for access rules. */
  serviceType?: string | undefined
  /** Put the reason's code into `WWW-Authenticate`. Default false. */
  exposeReason?: boolean
  now?: () => Date
  /** 0 to 1; spreads the ends of cache entries. */
  random?: () => number
  logger?: AuthTokenLogger | undefined
  metrics?: AuthTokenMetrics | undefined
}

interface Answers {
  user: Answer | undefined
  service: Answer | undefined
}

/** Decides for each request who calls. */
export interface AuthToken {
  /** Never throws: every failure is a verdict. At once, without a promise, when both tokens are in a cache of this process. */
  authenticate(request: NeutralRequest): Verdict | Promise<Verdict>
  /** Value of `WWW-Authenticate` for the application's own 401s. */
  readonly challenge: string
  close(): Promise<void>
}

/**
 * The algorithm of auth_token, without a framework. With a service token the user token is asked for at the same time
 * and with `allow_expired`; if the service token turns out not to hold its role, the local expiry check decides.
 *
 * @see keystonemiddleware auth_token
 */
export function createAuthToken(options: AuthTokenOptions): AuthToken {
  const { logger, metrics } = options
  const now = options.now ?? (() => new Date())
  const clock = options.now ? () => now().getTime() : Date.now
  const challenge = challengeFor(options.wwwAuthenticateUri)
  const cache = options.cache ?? memoryTokenCache()
  const windowSeconds = options.allowExpiredWindow ?? 172_800
  const lookup = new TokenLookup({
    fetchToken: options.fetchToken,
    cache,
    cacheSeconds: options.tokenCacheTime ?? 300,
    windowSeconds,
    now,
    random: options.random ?? Math.random,
    metrics,
  })
  const settings = {
    serviceTokenRoles: options.serviceTokenRoles ?? ['service'],
    serviceTokenRolesRequired: options.serviceTokenRolesRequired ?? true,
    enforceTokenBind: options.enforceTokenBind ?? 'permissive',
    serviceType: options.serviceType,
    windowMs: windowSeconds * 1000,
  }
  if (!settings.serviceTokenRolesRequired) {
    logger?.warn(
      { service_token_roles: settings.serviceTokenRoles },
      'service_token_roles_required is false: any valid token counts as a service token',
    )
  }

  function authenticate(request: NeutralRequest): Verdict | Promise<Verdict> {
    const tokens = receivedTokens(request.headers)
    const visit = { at: clock() }
    const service = answerTo(tokens.service, { allowExpired: false, visit })
    const user = answerTo(tokens.user, { allowExpired: tokens.service !== undefined, visit })
    if (service instanceof Promise || user instanceof Promise) {
      return Promise.all([service, user]).then((answers) => {
        lookup.leave(visit)
        return judge(request, tokens, { service: answers[0], user: answers[1] }, clock())
      })
    }
    return judge(request, tokens, { user, service }, visit.at)
  }

  function answerTo(token: string | undefined, question: Question): Answer | undefined | Promise<Answer> {
    if (token === undefined) return undefined
    try {
      const found = lookup.look(token, question)
      return found instanceof Promise ? found.catch(asAnswer) : found
    } catch (error) {
      return asAnswer(error)
    }
  }

  function judge(request: NeutralRequest, tokens: ReceivedTokens, answers: Answers, at: number): Verdict {
    const { method, path } = request
    const facts: Facts = {
      now: at,
      method,
      path,
      user: answers.user,
      service: answers.service,
      settings,
    }
    const service = judgeService(facts)
    const user = judgeUser(facts, service)
    const reason = user.reason ?? service?.reason
    if (metrics) measure(metrics, user, service, at)
    const rejected =
      reason && !options.delayAuthDecision
        ? reject(answers, reason, user.reason && service?.reason)
        : undefined
    if (reason) {
      metrics?.refused?.(rejected?.reason ?? reason)
      logRefusal(logger, {
        reason: rejected?.reason ?? reason,
        serviceReason: service?.reason,
        status: rejected?.status ?? 200,
        request,
        ...answers,
      })
    }
    if (rejected) return rejected
    const keystone = new JudgedRequest(tokens, user, service, options.includeServiceCatalog ?? true)
    return { kind: 'accepted', keystone }
  }

  // Not knowing comes before refusing: a client must not throw its token away because Keystone is down.
  function reject(answers: Answers, reason: Reason, serviceReason: Reason | undefined): Rejected {
    const missing = [answers.service, answers.user].find((answer) => answer instanceof ValidationUnavailable)
    if (missing) return unavailable(missing.reason, missing.retryAfter)
    return unauthorized(options.exposeReason ? reasoned(challenge, reason, serviceReason) : challenge, reason)
  }

  return { authenticate, challenge, close: async () => cache.close?.() }
}

function asAnswer(error: unknown): InvalidToken | ValidationUnavailable {
  if (error instanceof InvalidToken || error instanceof ValidationUnavailable) return error
  return new ValidationUnavailable('keystone_failed', { cause: error })
}
