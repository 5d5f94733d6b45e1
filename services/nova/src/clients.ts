import {
  Adapter,
  loadAdapterFromConfOptions,
  loadAuthFromConfOptions,
  loadSessionFromConfOptions,
  registerAdapterConfOptions,
  registerAuthConfOptions,
  registerAuthPluginConfOptions,
  registerSessionConfOptions,
  type AuthPlugin,
} from '@longhaul/keystoneauth'
import { chainId, type RequestContext } from '@longhaul/oslo/context'
import type { Logger } from '@longhaul/oslo/log'
import type { Config } from '@longhaul/oslo-config'
import { registerVolumeOptions, volumeAdapters } from './cinder-section.ts'
import { VolumeClient } from './cinder.ts'
import { ImageClient } from './glance.ts'
import { verifyProject } from './identity.ts'
import { networkAdapters, registerNetworkOptions, serviceTokenWithAdmin } from './neutron-section.ts'
import { NetworkClient } from './neutron.ts'
import { serviceAuth, type Caller, type Target } from './service-auth.ts'
import { loadServiceUsers, registerServiceUserOptions } from './service-users.ts'

/** Clients of other services, by whose token they act. Calls carry the id of the request that they are made for. */
export interface Clients {
  /** Images as the user of a request. */
  images(context: RequestContext): ImageClient
  /** Whether those carry a service token as well. */
  readonly imagesWithServiceToken: boolean
  /** Images as nova itself, for undoing; undefined without credentials in [glance]. */
  imagesForCompensation(requestId?: string): ImageClient | undefined
  /** Volumes as the user of a request. */
  volumes(context: RequestContext): VolumeClient
  /** Volumes as nova itself, for undoing; undefined without credentials in [cinder]. */
  volumesForCompensation(requestId?: string): VolumeClient | undefined
  /** Networks and ports as the user of a request. */
  network(context: RequestContext): NetworkClient
  /** The same as nova itself, for what only administrators may and for undoing; undefined without credentials in [neutron]. */
  networkOfNova(requestId?: string): NetworkClient | undefined
  /** @throws ApiError 400 for a project that the user of a request is told does not exist */
  verifyProject(context: RequestContext, projectId: string): Promise<void>
  /** Nova's own inner interfaces, as nova's service user. */
  internal(baseUrl: string, requestId?: string): Adapter
  close(): Promise<void>
}

/** Sections that say how nova reaches others: whether they hold credentials, and whether an adapter's options say which endpoint. */
const clientSections = {
  cinder: { credentials: true, endpoint: false },
  glance: { credentials: true, endpoint: true },
  neutron: { credentials: true, endpoint: false },
  keystone: { credentials: false, endpoint: true },
  compute_agent: { credentials: true, endpoint: false },
} as const

/** Seconds without a byte from another service after which it counts as away, unless its section says otherwise. */
const timeout = 60

/** Declares all that the sections of {@link clientsFromConfig} may say, for their documentation. */
export function registerClientOptions(conf: Config): void {
  registerServiceUserOptions(conf)
  registerVolumeOptions(conf)
  registerNetworkOptions(conf)
  for (const [group, { credentials, endpoint }] of Object.entries(clientSections)) {
    if (credentials) registerAuthConfOptions(conf, group)
    if (credentials) registerAuthPluginConfOptions(conf, group)
    registerSessionConfOptions(conf, group)
    if (endpoint) registerAdapterConfOptions(conf, group)
  }
}

/**
 * Reads [cinder], [glance], [neutron], [keystone], [compute_agent], [service_user] and the sections of single service users.
 *
 * @param userAgent name of the process
 * @throws ConfigError, OptionError, MissingRequiredOptions
 */
export function clientsFromConfig(conf: Config, userAgent: string, logger: Logger): Clients {
  const serviceUsers = loadServiceUsers(conf, (message) => logger.warn(message))
  const [image, volume, network] = ['glance', 'cinder', 'neutron'].map((section) =>
    loadAuthFromConfOptions(conf, section),
  )
  const own = loadAuthFromConfOptions(conf, 'compute_agent')
  if (!own) throw new Error('[compute_agent] auth_type is not set: the inner interfaces need credentials')
  const auth = serviceAuth({
    serviceUsers,
    serviceTokenWithAdmin: serviceTokenWithAdmin(conf),
    admin: {
      ...(image ? { image } : {}),
      ...(volume ? { volume } : {}),
      ...(network ? { network } : {}),
    },
  })
  const session = (group: string) => loadSessionFromConfOptions(conf, group, { userAgent }, { timeout })
  const volumeSession = session('cinder')
  const imageSession = session('glance')
  const networkSession = session('neutron')
  const identitySession = session('keystone')
  const ownSession = session('compute_agent')
  const volumeAdapter = volumeAdapters(conf, volumeSession)
  const volumes = (caller: Caller) => new VolumeClient(volumeAdapter(caller))
  const networkAdapter = networkAdapters(conf, networkSession)
  const networks = (caller: Caller) => new NetworkClient(networkAdapter(caller))
  const images = (caller: Caller) => {
    const options = { session: imageSession, serviceType: 'image', ...caller }
    return new ImageClient(loadAdapterFromConfOptions(conf, 'glance', options))
  }
  const asUser = (target: Target, context: RequestContext): Caller => ({
    auth: auth.forUser(target, context),
    globalRequestId: chainId(context),
  })
  const asNova = (target: Target, requestId?: string): Caller | undefined => {
    const plugin = auth.forNova(target)
    return plugin && callerOf(plugin, requestId)
  }
  return {
    images: (context) => images(asUser('image', context)),
    imagesWithServiceToken: serviceUsers('service_user:glance').auth !== undefined,
    imagesForCompensation(requestId) {
      const caller = asNova('image', requestId)
      return caller && images(caller)
    },
    volumes: (context) => volumes(asUser('volume', context)),
    volumesForCompensation(requestId) {
      const caller = asNova('volume', requestId)
      return caller && volumes(caller)
    },
    network: (context) => networks(asUser('network', context)),
    networkOfNova(requestId) {
      const caller = asNova('network', requestId)
      return caller && networks(caller)
    },
    verifyProject: (context, projectId) => {
      const identity = loadAdapterFromConfOptions(conf, 'keystone', {
        session: identitySession,
        ...asUser('identity', context),
        serviceType: 'identity',
        validInterfaces: ['internal', 'public'],
      })
      return verifyProject(identity, projectId)
    },
    internal: (baseUrl, requestId) =>
      new Adapter({ session: ownSession, endpointOverride: baseUrl, ...callerOf(own, requestId) }),
    close: async () => {
      const sessions = [volumeSession, imageSession, networkSession, identitySession, ownSession]
      await Promise.all(sessions.map((session) => session.close()))
    },
  }
}

function callerOf(auth: AuthPlugin, requestId: string | undefined): Caller {
  return requestId === undefined ? { auth } : { auth, globalRequestId: requestId }
}
