import {
  contextAuth,
  serviceTokenAuth,
  serviceUserAuth,
  type AdapterOptions,
  type AuthPlugin,
  type ServiceUserSection,
} from '@longhaul/keystoneauth'
import type { RequestContext } from '@longhaul/oslo/context'

/** Whose token a call carries, and for which request. */
export type Caller = Pick<AdapterOptions, 'auth' | 'globalRequestId'>

/** Services that nova calls. */
export type Target = 'image' | 'volume' | 'network' | 'identity'

interface TargetPolicy {
  /** Section whose auth options hold nova's own credentials for it, for compensation and what only administrators may. */
  section: 'glance' | 'cinder' | 'neutron' | 'keystone'
  /** Whether the service token goes along. */
  serviceToken: boolean
  /**
   * Whether it goes along with nova's own credentials as well. `always`: without `[service_user]` it is a token of those
   * credentials, as Cinder takes a volume that is connected from a server for the holder of a service token only;
   * `enabled`: when `[service_user]` is on, as Nova does since 2023; absent: never, as the first releases did.
   *
   * @see CVE-2023-2088
   */
  ownServiceToken?: 'always' | 'enabled'
}

/** Whose token goes where. @see nova, service_auth.py and the clients in image/, volume/, network/ */
const targetPolicies: Readonly<Record<Target, TargetPolicy>> = {
  image: { section: 'glance', serviceToken: true },
  volume: { section: 'cinder', serviceToken: true, ownServiceToken: 'always' },
  network: { section: 'neutron', serviceToken: true, ownServiceToken: 'enabled' },
  identity: { section: 'keystone', serviceToken: false },
}

/** The sections of nova.conf that give tokens. */
export interface ServiceAuthOptions {
  serviceUser: ServiceUserSection
  /** Nova's own credentials by target; a target without them has no compensation of its own, and no administrator. */
  admin: Partial<Record<Target, AuthPlugin>>
}

/** Gives the auth plugin for a call to another service. */
export interface ServiceAuth {
  /** The user's token, with nova's service token beside it when `[service_user]` is on. */
  forUser(target: Target, context: RequestContext): AuthPlugin
  /**
   * Nova's own credentials; undefined when the section has none. Only for undoing what an operation left, and where the
   * call itself asks for an administrator, whoever the user is: the bindings of ports.
   */
  forNova(target: Target): AuthPlugin | undefined
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
    forNova(target) {
      const user = options.admin[target]
      const { ownServiceToken } = targetPolicies[target]
      if (!user || ownServiceToken === undefined) return user
      if (ownServiceToken === 'enabled') return serviceUserAuth(options.serviceUser, user)
      return serviceTokenAuth({ user, service: options.serviceUser.auth ?? user })
    },
  }
}
