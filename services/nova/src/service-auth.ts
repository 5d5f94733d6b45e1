import {
  contextAuth,
  serviceTokenAuth,
  serviceUserAuth,
  type AuthPlugin,
  type ServiceUserSection,
} from '@longhaul/keystoneauth'
import type { RequestContext } from '@longhaul/oslo/context'

/** Services that nova calls. */
export type Target = 'image' | 'volume' | 'network' | 'identity'

interface TargetPolicy {
  /** Section whose auth options hold nova's own credentials for it, used for compensation only. */
  section: 'glance' | 'cinder' | 'neutron' | 'keystone'
  /** Whether the service token goes along. */
  serviceToken: boolean
  /**
   * Whether it goes along with nova's own credentials as well: Cinder takes a volume that is connected from a server for
   * the holder of a service token only. Without `[service_user]` it is a token of those credentials. @see CVE-2023-2088
   */
  compensationServiceToken?: true
}

/** Whose token goes where. @see nova, service_auth.py and the clients in image/, volume/, network/ */
const targetPolicies: Readonly<Record<Target, TargetPolicy>> = {
  image: { section: 'glance', serviceToken: true },
  volume: { section: 'cinder', serviceToken: true, compensationServiceToken: true },
  network: { section: 'neutron', serviceToken: true },
  identity: { section: 'keystone', serviceToken: false },
}

/** The sections of nova.conf that give tokens. */
export interface ServiceAuthOptions {
  serviceUser: ServiceUserSection
  /** Nova's own credentials by target; a target without them has no compensation of its own. */
  admin: Partial<Record<Target, AuthPlugin>>
}

/** Gives the auth plugin for a call to another service. */
export interface ServiceAuth {
  /** The user's token, with nova's service token beside it when `[service_user]` is on. */
  forUser(target: Target, context: RequestContext): AuthPlugin
  /** Nova's own credentials; undefined when the section has none. Only for undoing what an operation left. */
  forCompensation(target: Target): AuthPlugin | undefined
}

export function serviceAuth(options: ServiceAuthOptions): ServiceAuth {
  return {
    forUser(target, context) {
      const user = contextAuth({
        token: context.authToken,
        catalog: (context.catalog ?? []) as NonNullable<Parameters<typeof contextAuth>[0]['catalog']>,
        userId: context.userId,
        ...(context.projectId === undefined ? {} : { projectId: context.projectId }),
      })
      return targetPolicies[target].serviceToken ? serviceUserAuth(options.serviceUser, user) : user
    },
    forCompensation(target) {
      const user = options.admin[target]
      if (!user || !targetPolicies[target].compensationServiceToken) return user
      return serviceTokenAuth({ user, service: options.serviceUser.auth ?? user })
    },
  }
}
