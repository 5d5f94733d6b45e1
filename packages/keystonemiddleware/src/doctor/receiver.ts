import { randomBytes } from 'node:crypto'
import { token as tokenAuth, type Session } from '@longhaul/keystoneauth'
import { inWords, type Finding } from './finding.ts'
import type { Identity } from './identity.ts'

/** What a receiver is tried with. */
export interface ReceiverTrial {
  identity: Identity
  session: Session
  authUrl: string
  /** A URL of the receiver that needs a token. */
  url: string
}

const check = 'receiver'

/**
 * Does a receiver demand the role of a service token, as middleware since 2026 does by default? It is sent this service's
 * own token three times: alone, with a service token that is none, and with a valid one that has no roles.
 *
 * | alone | with one that is none | with one without roles | it                                              |
 * |-------|-----------------------|------------------------|-------------------------------------------------|
 * | 401   |                       |                        | cannot be tried                                 |
 * |       | not 401               |                        | leaves the decision to its application          |
 * |       | 401                   | 401                    | demands the role                                |
 * |       | 401                   | not 401                | is older, or has service_token_roles_required off |
 */
export async function receiver(trial: ReceiverTrial): Promise<Finding> {
  const { identity, session, authUrl, url } = trial
  const say = (level: Finding['level'], message: string): Finding => ({
    check,
    level,
    message: `${url}: ${message}`,
  })
  try {
    const own = (await identity.ownAccess()).token
    if (own === undefined) return say('note', 'cannot be tried without a token')
    const bare = tokenAuth({ authUrl, token: own, unscoped: true })
    const roleless = await bare.getToken(session)
    const roles = (await bare.getAccess?.(session))?.roleNames ?? []
    if (roleless === undefined || roles.length > 0)
      return say('note', 'cannot be tried: no token without roles')
    const statusWith = async (service?: string) => {
      const headers = {
        'X-Auth-Token': own,
        ...(service === undefined ? {} : { 'X-Service-Token': service }),
      }
      const answer = await session.get(url, { headers, authenticated: false, raiseExc: false, redirects: 0 })
      return answer.status
    }
    const alone = await statusWith()
    if (alone === 401) return say('note', "cannot be tried: it refuses this service's own token")
    if ((await statusWith(randomBytes(24).toString('base64url'))) !== 401) {
      return say('note', 'leaves the decision to its application, so it cannot be told')
    }
    if ((await statusWith(roleless)) === 401) return say('ok', 'demands the role of a service token')
    return say(
      'problem',
      'takes any valid token for a service token: its middleware is older than the default of ' +
        'service_token_roles_required = true, or that option is off',
    )
  } catch (error) {
    return say('problem', `cannot be tried: ${inWords(error)}`)
  }
}
