import {
  registerAdapterConfOptions,
  registerAuthConfOptions,
  registerAuthPluginConfOptions,
  registerServiceUserConfOptions,
  registerSessionConfOptions,
} from '@longhaul/keystoneauth'
import { registerAuthTokenConfOptions } from '@longhaul/keystonemiddleware'
import { Config, type OptionGroup } from '@longhaul/oslo-config'
import { registerClientOptions as registerCinderClientOptions } from '../../services/cinder/src/clients.ts'
import { readSettings as readCinder } from '../../services/cinder/src/config.ts'
import { readSettings as readGlance } from '../../services/glance/src/config.ts'
import { readSettings as readKeystone } from '../../services/keystone/src/config.ts'
import { registerClientOptions as registerNeutronClientOptions } from '../../services/neutron/src/clients.ts'
import { readSettings as readNeutron } from '../../services/neutron/src/config.ts'
import { readAgentSettings } from '../../services/neutron/src/l2/config.ts'
import { registerClientOptions } from '../../services/nova/src/clients.ts'
import {
  readApiSettings,
  readComputeSettings,
  readConductorSettings,
} from '../../services/nova/src/config.ts'

/** A configuration file of a service. */
export interface ConfigFile {
  service: 'keystone' | 'glance' | 'cinder' | 'neutron' | 'nova'
  /** Without `.conf`. */
  name: string
  /** The programs that read it, as a phrase. */
  readers: string
  describe: () => OptionGroup[]
}

export const configFiles: readonly ConfigFile[] = [
  {
    service: 'keystone',
    name: 'keystone',
    readers: 'keystone and `keystone-manage`',
    describe: () => Config.describe(readKeystone),
  },
  {
    service: 'glance',
    name: 'glance-api',
    readers: 'glance-api and `glance-manage`',
    describe: () =>
      Config.describe((conf) => {
        readGlance(conf)
        registerAuthTokenConfOptions(conf)
      }),
  },
  {
    service: 'cinder',
    name: 'cinder',
    readers: 'cinder-api and `cinder-manage`',
    describe: () =>
      Config.describe((conf) => {
        readCinder(conf)
        registerAuthTokenConfOptions(conf)
        registerCinderClientOptions(conf)
      }),
  },
  {
    service: 'neutron',
    name: 'neutron',
    readers: 'neutron-server and `neutron-db-manage`',
    describe: () =>
      Config.describe((conf) => {
        readNeutron(conf)
        registerAuthTokenConfOptions(conf)
        registerNeutronClientOptions(conf, 'nova')
      }),
  },
  {
    service: 'neutron',
    name: 'neutron-l2-agent',
    readers: 'neutron-l2-agent, the switch of a host',
    describe: () =>
      Config.describe((conf) => {
        readAgentSettings(conf)
        registerNeutronClientOptions(conf, 'neutron')
      }),
  },
  {
    service: 'nova',
    name: 'nova',
    readers: 'nova-api, nova-conductor and `nova-manage`',
    describe: () =>
      Config.describe((conf) => {
        readConductorSettings(conf)
        readApiSettings(conf)
        registerAuthTokenConfOptions(conf)
        registerClientOptions(conf)
      }),
  },
  {
    service: 'nova',
    name: 'nova-compute',
    readers: 'nova-compute, the agent of a host',
    describe: () =>
      Config.describe((conf) => {
        readComputeSettings(conf)
        registerAuthTokenConfOptions(conf)
        registerClientOptions(conf)
      }),
  },
]

/** Sections that a library reads, in the file of whatever service uses it. */
export const librarySections: readonly {
  path: string
  title: string
  about: string
  describe: () => OptionGroup[]
}[] = [
  {
    path: 'docs/reference/keystoneauth.md',
    title: 'Options of keystoneauth',
    about: [
      'What a section says that `loadAuthFromConfOptions`, `loadSessionFromConfOptions` and `loadAdapterFromConfOptions` read,',
      'here under the name `[client]`: which credentials, how to reach the service, which endpoint. Of the credentials only those',
      'of a password or a token are listed here; [all kinds](auth-types.md) have a page of their own. `[service_user]` is read by',
      '`loadServiceUser`; it decides whether a service token goes along with the token of a user.',
    ].join('\n'),
    describe: () =>
      Config.describe((conf) => {
        registerAuthConfOptions(conf, 'client')
        registerAuthPluginConfOptions(conf, 'client')
        registerSessionConfOptions(conf, 'client')
        registerAdapterConfOptions(conf, 'client')
        registerServiceUserConfOptions(conf)
      }),
  },
  {
    path: 'docs/reference/keystonemiddleware.md',
    title: 'Options of keystonemiddleware',
    about:
      'What `authTokenFromConfig` reads: how tokens are validated and kept, and the credentials of the service for that.',
    describe: () => Config.describe((conf) => registerAuthTokenConfOptions(conf)),
  },
]
