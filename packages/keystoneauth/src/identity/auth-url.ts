import { discoverVersions, type ApiVersion } from '../discovery.ts'
import { AuthorizationFailure, DiscoveryFailure, isRetriable } from '../errors.ts'
import type { PluginSession } from '../plugin-session.ts'
import { withoutSecrets } from '../response.ts'

/**
 * Where Identity v3 is, found out once.
 *
 * An `auth_url` that ends with `/v3` is taken as it is. Another one is asked for its versions; when it does not answer
 * that, or points to another origin (credentials go where the operator said, not where an answer says), it is
 * `<auth_url>/v3`, whatever path `auth_url` has.
 *
 * @throws AuthorizationFailure for what is no URL; later DiscoveryFailure when Keystone offers other versions only
 */
export function identityUrl(authUrl: string): (session: PluginSession) => Promise<string> {
  if (!/^https?:\/\//i.test(authUrl) || !URL.canParse(authUrl))
    throw new AuthorizationFailure('auth_url is not a URL')
  const given = authUrl.replace(/\/+$/, '')
  const base = given.replace(/\/v2\.0$/, '')
  const fallback = `${base}/v3`
  let known = given.endsWith('/v3') ? given : undefined
  return async (session) => {
    if (known !== undefined) return known
    try {
      known = v3Of(await discoverVersions(session, base), base) ?? fallback
    } catch (error) {
      const silent = error instanceof DiscoveryFailure && error.code === 'discovery_failure'
      if (!silent) throw error
      // A passing failure does not decide for ever.
      if (isRetriable(error)) return fallback
      known = fallback
    }
    return known
  }
}

function v3Of(versions: readonly ApiVersion[], base: string): string | undefined {
  const found = versions.findLast((version) => version.major === 3)
  if (!found && versions.length > 0) {
    throw new DiscoveryFailure(`${withoutSecrets(base)} offers no Identity v3`, {
      code: 'identity_v3_missing',
    })
  }
  return found && new URL(found.url).origin === new URL(base).origin
    ? found.url.replace(/\/+$/, '')
    : undefined
}
