import { AuthorizationFailure } from '../errors.ts'
import { MissingAuthMethods } from '../missing-auth-methods.ts'
import type { AuthPlugin } from '../plugin.ts'
import type { PluginSession } from '../plugin-session.ts'
import { identityUrl } from './auth-url.ts'
import type { AuthMethod } from './auth-method.ts'
import { heldLogin } from './held-login.ts'
import type { IdentityOptions } from './login.ts'
import { scopeOf } from './scope.ts'
import { requestToken, type TokenRequest } from './token-request.ts'

export interface MultifactorOptions extends IdentityOptions {
  /** At least one, each of another name. */
  methods: readonly AuthMethod[]
  /** Of an earlier {@link MissingAuthMethods}; `methods` are then those that were missing. Good for five minutes. */
  receipt?: string
  /** Gives the methods that Keystone asks for beside those that it has accepted; undefined gives up. */
  more?: (missing: MissingAuthMethods) => Promise<readonly AuthMethod[] | undefined>
}

// A user has a handful of factors; a server that asks for ever is given up.
const mostRounds = 8

/**
 * Logs in with several methods, at once or one after the other: what is missing after the first ones is asked of `more`,
 * and sent with the receipt of what was accepted.
 *
 * @throws AuthorizationFailure for a method that is named twice, or none; later MissingAuthMethods when methods are missing
 * @example multifactor({ authUrl, methods: [passwordMethod({ userId, password })],
 *   more: async ({ missing }) => missing.includes('totp') ? [totpMethod({ userId, passcode: await ask() })] : undefined })
 * @see Identity API v3, multi-factor authentication
 */
export function multifactor(options: MultifactorOptions): AuthPlugin {
  const names = options.methods.map(({ name }) => name)
  if (names.length === 0) throw new AuthorizationFailure('a multifactor login needs at least one method')
  if (new Set(names).size < names.length) {
    throw new AuthorizationFailure(`a multifactor login has each method once: ${names.join(', ')}`)
  }
  const scope = scopeOf(options)
  const baseUrl = identityUrl(options.authUrl)
  const singleUse = options.receipt !== undefined || options.methods.some((method) => method.singleUse)
  return heldLogin(
    async (session) =>
      inRounds(session, await baseUrl(session), options, {
        methods: options.methods,
        scope,
        includeCatalog: options.includeCatalog,
        receipt: options.receipt,
      }),
    { ...options, identityUrl: baseUrl, singleUse },
  )
}

async function inRounds(
  session: PluginSession,
  base: string,
  { more }: MultifactorOptions,
  first: TokenRequest,
) {
  let request = first
  for (let round = 1; ; round++) {
    try {
      return await requestToken(session, base, request)
    } catch (error) {
      if (!(error instanceof MissingAuthMethods) || round === mostRounds) throw error
      const methods = await more?.(error)
      if (!methods?.length) throw error
      request = { ...first, methods, receipt: error.receipt }
    }
  }
}
