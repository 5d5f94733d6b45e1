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

/** Sections of service users for one target each. */
export const serviceUserSections = [
  'service_user:glance',
  'service_user:cinder',
  'service_user:neutron',
] as const
export type ServiceUserSectionName = (typeof serviceUserSections)[number]

interface TargetPolicy {
  /** Section whose auth options hold nova's own credentials for it, for compensation and what only administrators may. */
  section: 'glance' | 'cinder' | 'neutron' | 'keystone'
  /** Section of the service user whose token goes along, unless `[service_user]` is for all. Absent: none goes along. */
  serviceUser?: ServiceUserSectionName
  /**
   * Whether it goes along with nova's own credentials as well. `always`: without `[service_user]` it is a token of those
   * credentials, as Cinder takes a volume that is connected from a server for the holder of a service token only;
   * `chosen`: when `[service_user]` is on and the section does not forbid it; absent: never.
   *
   * @see CVE-2023-2088
   */
  ownServiceToken?: 'always' | 'chosen'
}

/** Whose token goes where. @see nova, service_auth.py and the clients in image/, volume/, network/ */
const targetPolicies: Readonly<Record<Target, TargetPolicy>> = {
  image: { section: 'glance', serviceUser: 'service_user:glance' },
  volume: { section: 'cinder', serviceUser: 'service_user:cinder', ownServiceToken: 'always' },
  network: { section: 'neutron', serviceUser: 'service_user:neutron', ownServiceToken: 'chosen' },
  identity: { section: 'keystone' },
}

/** The sections of nova.conf that give tokens. */
export interface ServiceAuthOptions {
  serviceUsers: (section: ServiceUserSectionName) => ServiceUserSection
  /** Nova's own credentials by target; a target without them has no compensation of its own, and no administrator. */
  admin: Partial<Record<Target, AuthPlugin>>
  /** Whether the service token goes along with nova's own credentials for the Networking service, as with Nova since 2023. */
  serviceTokenWithAdmin: boolean
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
      const { serviceUser } = targetPolicies[target]
      return serviceUser ? serviceUserAuth(options.serviceUsers(serviceUser), user) : user
    },
    forNova(target) {
      const user = options.admin[target]
      const { serviceUser, ownServiceToken } = targetPolicies[target]
      if (!user || !serviceUser || ownServiceToken === undefined) return user
      const service = options.serviceUsers(serviceUser)
      if (ownServiceToken === 'always') return serviceTokenAuth({ user, service: service.auth ?? user })
      return options.serviceTokenWithAdmin ? serviceUserAuth(service, user) : user
    },
  }
}
