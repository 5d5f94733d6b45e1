import {
  Adapter,
  loadAdapterFromConfOptions,
  loadAuthFromConfOptions,
  loadServiceUser,
  loadSessionFromConfOptions,
  registerAdapterConfOptions,
  registerAuthConfOptions,
  registerAuthPluginConfOptions,
  registerServiceUserConfOptions,
  registerSessionConfOptions,
  type AuthPlugin,
  type Session,
} from '@longhaul/keystoneauth'
import type { RequestContext } from '@longhaul/oslo/context'
import type { Logger } from '@longhaul/oslo/log'
import type { Config } from '@longhaul/oslo-config'
import { registerVolumeOptions, volumeAdapters } from './cinder-section.ts'
import { VolumeClient } from './cinder.ts'
import { ImageClient } from './glance.ts'
import { verifyProject } from './identity.ts'
import { networkAdapters, registerNetworkOptions } from './neutron-section.ts'
import { NetworkClient } from './neutron.ts'
import { serviceAuth } from './service-auth.ts'

/** Clients of other services, by whose token they act. */
export interface Clients {
  /** Images as the user of a request. */
  images(context: RequestContext): ImageClient
  /** Images as nova itself, for undoing; undefined without credentials in [glance]. */
  imagesForCompensation(): ImageClient | undefined
  /** Volumes as the user of a request. */
  volumes(context: RequestContext): VolumeClient
  /** Volumes as nova itself, for undoing; undefined without credentials in [cinder]. */
  volumesForCompensation(): VolumeClient | undefined
  /** Networks and ports as the user of a request. */
  network(context: RequestContext): NetworkClient
  /** The same as nova itself, for what only administrators may and for undoing; undefined without credentials in [neutron]. */
  networkOfNova(): NetworkClient | undefined
  /** @throws ApiError 400 for a project that the user of a request is told does not exist */
  verifyProject(context: RequestContext, projectId: string): Promise<void>
  /** Nova's own inner interfaces, as nova's service user. */
  internal(baseUrl: string): Adapter
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
  registerServiceUserConfOptions(conf)
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
 * Reads [cinder], [glance], [neutron], [keystone], [service_user] and [compute_agent].
 *
 * @param userAgent name of the process
 * @throws ConfigError, OptionError, MissingRequiredOptions
 */
export function clientsFromConfig(conf: Config, userAgent: string, logger: Logger): Clients {
  const serviceUser = loadServiceUser(conf, 'service_user', { warn: (message) => logger.warn(message) })
  const [image, volume, network] = ['glance', 'cinder', 'neutron'].map((section) =>
    loadAuthFromConfOptions(conf, section),
  )
  const own = loadAuthFromConfOptions(conf, 'compute_agent')
  if (!own) throw new Error('[compute_agent] auth_type is not set: the inner interfaces need credentials')
  const auth = serviceAuth({
    serviceUser,
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
  const volumes = (plugin: AuthPlugin) => new VolumeClient(volumeAdapter(plugin))
  const networkAdapter = networkAdapters(conf, networkSession)
  const networks = (plugin: AuthPlugin) => new NetworkClient(networkAdapter(plugin))
  const images = (plugin: AuthPlugin) => new ImageClient(adapter(conf, imageSession, plugin))
  return {
    images: (context) => images(auth.forUser('image', context)),
    imagesForCompensation() {
      const plugin = auth.forNova('image')
      return plugin && images(plugin)
    },
    volumes: (context) => volumes(auth.forUser('volume', context)),
    volumesForCompensation() {
      const plugin = auth.forNova('volume')
      return plugin && volumes(plugin)
    },
    network: (context) => networks(auth.forUser('network', context)),
    networkOfNova() {
      const plugin = auth.forNova('network')
      return plugin && networks(plugin)
    },
    verifyProject: (context, projectId) => {
      const identity = loadAdapterFromConfOptions(conf, 'keystone', {
        session: identitySession,
        auth: auth.forUser('identity', context),
        serviceType: 'identity',
        validInterfaces: ['internal', 'public'],
      })
      return verifyProject(identity, projectId)
    },
    internal: (baseUrl) => new Adapter({ session: ownSession, auth: own, endpointOverride: baseUrl }),
    close: async () => {
      const sessions = [volumeSession, imageSession, networkSession, identitySession, ownSession]
      await Promise.all(sessions.map((session) => session.close()))
    },
  }
}

function adapter(conf: Config, session: Session, auth: AuthPlugin): Adapter {
  return loadAdapterFromConfOptions(conf, 'glance', { session, auth, serviceType: 'image' })
}
