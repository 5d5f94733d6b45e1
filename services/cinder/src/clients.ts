import {
  contextAuth,
  loadAdapterFromConfOptions,
  loadAuthFromConfOptions,
  loadServiceUser,
  loadSessionFromConfOptions,
  registerAdapterConfOptions,
  registerAuthConfOptions,
  registerAuthPluginConfOptions,
  registerServiceUserConfOptions,
  registerSessionConfOptions,
  serviceUserAuth,
  type AdapterOptions,
} from '@longhaul/keystoneauth'
import { chainId, type RequestContext } from '@longhaul/oslo/context'
import type { Logger } from '@longhaul/oslo/log'
import type { Config } from '@longhaul/oslo-config'
import { ImageClient } from './glance.ts'
import { serverAttachment, tellExtended } from './nova.ts'

/** Clients of other services. */
export interface Clients {
  /** Images as the user of a request, with cinder's service token if `[service_user]` is on. */
  images(context: RequestContext): Pick<ImageClient, 'find' | 'download'>
  nova: {
    /** As the user of a request, with cinder's service token if `[service_user]` is on. */
    serverAttachment(context: RequestContext, serverId: string, volumeId: string): Promise<string | undefined>
    /** As the user of `[nova]`; nothing is told without one. */
    tellExtended(volumeId: string, serverIds: readonly string[]): Promise<void>
  }
  close(): Promise<void>
}

/** Declares all that the sections of {@link clientsFromConfig} may say, for their documentation. */
export function registerClientOptions(conf: Config): void {
  registerServiceUserConfOptions(conf)
  registerAuthConfOptions(conf, 'nova')
  registerAuthPluginConfOptions(conf, 'nova')
  for (const group of ['nova', 'glance']) {
    registerSessionConfOptions(conf, group)
    registerAdapterConfOptions(conf, group)
  }
}

/** Whose token a call carries, and for which request. */
type Caller = Pick<AdapterOptions, 'auth' | 'globalRequestId'>

/**
 * Reads `[nova]`, `[glance]` and `[service_user]`.
 *
 * @throws ConfigError, OptionError, MissingRequiredOptions
 */
export function clientsFromConfig(conf: Config, userAgent: string, logger: Logger): Clients {
  const serviceUser = loadServiceUser(conf, 'service_user', { warn: (message) => logger.warn(message) })
  const own = loadAuthFromConfOptions(conf, 'nova')
  const sessions = {
    image: loadSessionFromConfOptions(conf, 'glance', { userAgent }),
    compute: loadSessionFromConfOptions(conf, 'nova', { userAgent, timeout: 60 }),
  }
  const compute = (caller: Caller) =>
    loadAdapterFromConfOptions(conf, 'nova', { session: sessions.compute, serviceType: 'compute', ...caller })
  const asUser = (context: RequestContext): Caller => ({
    globalRequestId: chainId(context),
    auth: serviceUserAuth(
      serviceUser,
      contextAuth({
        token: context.authToken,
        catalog: (context.catalog ?? []) as NonNullable<Parameters<typeof contextAuth>[0]['catalog']>,
        userId: context.userId,
        ...(context.projectId === undefined ? {} : { projectId: context.projectId }),
      }),
    ),
  })
  return {
    images: (context) =>
      new ImageClient(
        loadAdapterFromConfOptions(conf, 'glance', {
          session: sessions.image,
          serviceType: 'image',
          ...asUser(context),
        }),
      ),
    nova: {
      serverAttachment: (context, serverId, volumeId) =>
        serverAttachment(compute(asUser(context)), serverId, volumeId),
      tellExtended: async (volumeId, serverIds) => {
        if (own) await tellExtended(compute({ auth: serviceUserAuth(serviceUser, own) }), volumeId, serverIds)
      },
    },
    close: async () => {
      await Promise.all([sessions.image.close(), sessions.compute.close()])
    },
  }
}
