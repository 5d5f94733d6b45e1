import { registerAuthConfOptions, registerAuthPluginConfOptions } from '@longhaul/keystoneauth'
import type { Config } from '@longhaul/oslo-config'
import { createAuthToken, type AuthToken } from './auth-token.ts'
import { keystoneFetchToken } from './fetch-token.ts'
import type { AuthTokenMetrics } from './metrics.ts'
import { authTokenOptions } from './options.ts'
import type { AuthTokenLogger } from './refusal-log.ts'
import { openSection, type Overrides } from './section.ts'
import { sharedCacheFrom } from './shared-cache.ts'

/** Settings of {@link authTokenFromConfig}. */
export interface AuthTokenFromConfigOptions {
  /** Default `keystone_authtoken`. */
  group?: string
  /** What the service fixes for itself, as a paste file would; wins over the configuration. */
  overrides?: Overrides | undefined
  logger?: AuthTokenLogger | undefined
  metrics?: AuthTokenMetrics | undefined
  now?: (() => Date) | undefined
  /** Name of the service, first in the User-Agent of its calls to Keystone. */
  userAgent?: string | undefined
}

/**
 * Declares all that a [keystone_authtoken] section may say, for its documentation.
 *
 * @see keystonemiddleware.opts.list_auth_token_opts
 */
export function registerAuthTokenConfOptions(conf: Config, group = 'keystone_authtoken'): void {
  conf.register(group, authTokenOptions)
  registerAuthConfOptions(conf, group)
  registerAuthPluginConfOptions(conf, group)
}

/**
 * auth_token as an operator's [keystone_authtoken] section describes it, with a session of its own for this service's user.
 *
 * @throws MissingRequiredOptions, OptionError, ConfigError: one of them, with all that is wrong of the section
 */
export function authTokenFromConfig(conf: Config, options: AuthTokenFromConfigOptions = {}): AuthToken {
  const { group = 'keystone_authtoken', logger, metrics } = options
  const { now = () => new Date() } = options
  const section = openSection(conf, {
    group,
    overrides: options.overrides ?? {},
    userAgent: options.userAgent ?? 'keystonemiddleware.auth_token',
    now,
  })
  const { session, values } = section
  const cache = sharedCacheFrom(values, { now, logger })
  const authToken = createAuthToken({
    fetchToken: keystoneFetchToken({
      session,
      interface: values.interface,
      regionName: values.region_name,
      timeout: values.http_connect_timeout,
      connectRetries: values.http_request_max_retries,
      includeServiceCatalog: values.include_service_catalog,
    }),
    ...(cache ? { cache } : {}),
    wwwAuthenticateUri: section.wwwAuthenticateUri,
    delayAuthDecision: values.delay_auth_decision,
    serviceTokenRoles: values.service_token_roles,
    serviceTokenRolesRequired: values.service_token_roles_required,
    tokenCacheTime: values.token_cache_time,
    allowExpiredWindow: values.allow_expired_window,
    includeServiceCatalog: values.include_service_catalog,
    enforceTokenBind: values.enforce_token_bind,
    serviceType: values.service_type,
    exposeReason: values.www_authenticate_reason,
    logger,
    metrics,
    ...(options.now ? { now } : {}),
  })
  return {
    ...authToken,
    async close() {
      await authToken.close()
      await session.close()
    },
  }
}
