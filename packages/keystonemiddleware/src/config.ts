import {
  loadAuthFromConfOptions,
  registerAuthConfOptions,
  registerAuthPluginConfOptions,
  Session,
  type AuthPlugin,
} from '@longhaul/keystoneauth'
import {
  ConfigError,
  stringOption,
  type Config,
  type ConfigProblem,
  type Option,
  type Values,
} from '@longhaul/oslo-config'
import { createAuthToken, type AuthToken } from './auth-token.ts'
import { defaultTimeout, keystoneFetchToken } from './fetch-token.ts'
import type { AuthTokenMetrics } from './metrics.ts'
import { authTokenOptions } from './options.ts'
import { sharedCacheFrom } from './shared-cache.ts'
import type { AuthTokenLogger } from './refusal-log.ts'

type AuthTokenValues = Values<typeof authTokenOptions>

/** A value as a paste file (text) or a program gives it. */
export type Override = string | number | boolean | readonly string[]

/** Settings of {@link authTokenFromConfig}. */
export interface AuthTokenFromConfigOptions {
  /** Default `keystone_authtoken`. */
  group?: string
  /** What the service fixes for itself, as a paste file would; wins over the configuration. */
  overrides?: Readonly<Partial<Record<keyof typeof authTokenOptions, Override>>> | undefined
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
 * @throws ConfigError when an option is wrong or the auth plugin is missing
 */
export function authTokenFromConfig(conf: Config, options: AuthTokenFromConfigOptions = {}): AuthToken {
  const { group = 'keystone_authtoken', logger, metrics } = options
  const values = overridden(conf.register(group, authTokenOptions), options.overrides ?? {}, group)
  const auth = pluginOf(conf, group)
  const now = options.now ?? (() => new Date())
  const cache = sharedCacheFrom(values, { group, now, logger })
  const session = new Session({
    auth,
    userAgent: options.userAgent ?? 'keystonemiddleware.auth_token',
    timeout: values.http_connect_timeout ?? defaultTimeout,
    insecure: values.insecure,
    cafile: values.cafile,
    certfile: values.certfile,
    keyfile: values.keyfile,
    now,
  })
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
    wwwAuthenticateUri: values.www_authenticate_uri ?? authUrlOf(conf, group),
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
    now,
  })
  return {
    ...authToken,
    async close() {
      await authToken.close()
      await session.close()
    },
  }
}

function overridden(
  values: AuthTokenValues,
  overrides: Readonly<Record<string, Override>>,
  group: string,
): AuthTokenValues {
  const problems: ConfigProblem[] = []
  const changed: Record<string, unknown> = {}
  for (const [name, value] of Object.entries(overrides)) {
    const option = (authTokenOptions as Readonly<Record<string, Option<unknown>>>)[name]
    try {
      if (!option) throw new Error('is no option of auth_token')
      changed[name] = option.parse([Array.isArray(value) ? value.join(',') : String(value)])
    } catch (error) {
      problems.push({ group, option: name, message: `override: ${(error as Error).message}` })
    }
  }
  if (problems.length > 0) throw new ConfigError(problems)
  return { ...values, ...changed }
}

function pluginOf(conf: Config, group: string): AuthPlugin {
  registerAuthConfOptions(conf, group)
  const auth = loadAuthFromConfOptions(conf, group)
  if (auth) return auth
  throw new ConfigError([
    {
      group,
      option: 'auth_type',
      message: "is not set; this service's own user is needed to validate tokens",
    },
  ])
}

function authUrlOf(conf: Config, group: string): string {
  const options = {
    auth_section: stringOption({ help: 'Section that holds the options of the auth plugin.' }),
  }
  const section = conf.register(group, options).auth_section ?? group
  const { auth_url: url } = conf.register(section, {
    auth_url: stringOption({ help: 'Identity endpoint.' }),
  })
  if (url) return url
  throw new ConfigError([{ group, option: 'www_authenticate_uri', message: 'is not set, nor is auth_url' }])
}
