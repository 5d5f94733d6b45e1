import { join } from 'node:path'
import type { CloudRecord } from './cloud-record.ts'
import { certificateFiles } from './certificates.ts'
import { conductorConfig, conductorNames, conductorsOf } from './conductors.ts'
import { agentNames, hostsOf } from './compute-hosts.ts'
import { agentConfig, configArguments, configPaths, postgresqlUrls, switchConfig } from './config-files.ts'
import { embeddedPostgres } from './embedded-postgres.ts'
import { urlOf } from './endpoints.ts'
import type { Command } from './processes.ts'
import type { StateDirectory } from './state-directory.ts'

/** A process of the cloud, in the order of starting. */
export interface ServiceDefinition {
  name: string
  command: Command
  /** Answers 200 when the service is ready, or lets its user in (`postgresql:`); absent: ready when it runs. */
  health?: string
  /** File of the authority that the certificate at `health` comes from. */
  cafile?: string
  /** How it is asked to end; PostgreSQL's fast shutdown is SIGINT. */
  stopSignal?: NodeJS.Signals
}

const root = join(import.meta.dirname, '../../..')

/** A program of this repository, run by the Node.js that runs this one. */
export function program(path: string, args: readonly string[]): Command {
  return {
    file: process.execPath,
    args: ['--conditions=source', join(root, path), ...args],
    env: {
      PATH: process.env['PATH'],
      HOME: process.env['HOME'],
      TZ: process.env['TZ'],
      NODE_OPTIONS: process.env['NODE_OPTIONS'],
      NODE_COMPILE_CACHE: process.env['NODE_COMPILE_CACHE'],
    },
  }
}

/** Names of nova's processes: what is restarted when nova.conf changes. */
export const novaServices: readonly string[] = ['nova-api', ...conductorNames, ...agentNames]

/** All services of a cloud; the cluster of its PostgreSQL is made on the first call. @throws as `embeddedPostgres` */
export async function serviceDefinitions(
  state: StateDirectory,
  record: CloudRecord,
): Promise<ServiceDefinition[]> {
  const certificates = record.tls ? certificateFiles(state.tls) : undefined
  const postgres = await embeddedPostgres({
    directory: join(state.data, 'postgresql'),
    port: record.ports.postgresql,
    password: record.passwords.postgresql,
    tls: certificates,
  })
  const config = configPaths(state)
  const { ports } = record
  const trust = certificates ? { cafile: certificates.ca } : {}
  const service = (name: string, path: string, file: string, port?: number): ServiceDefinition => ({
    name,
    command: program(path, configArguments(file)),
    ...(port === undefined ? {} : { health: urlOf(record, port, '/healthcheck'), ...trust }),
  })
  return [
    {
      name: 'postgresql',
      command: postgres.command,
      health: postgresqlUrls(state, record).admin,
      stopSignal: 'SIGINT',
    },
    service('keystone', 'services/keystone/src/server.ts', config.keystone, ports.keystone),
    service('glance-api', 'services/glance/src/server.ts', config.glance, ports.glance),
    service('cinder-api', 'services/cinder/src/server.ts', config.cinder, ports.cinder),
    service('neutron-server', 'services/neutron/src/server.ts', config.neutron, ports.neutron),
    service('nova-api', 'services/nova/src/api/server.ts', config.nova, ports.nova),
    ...conductorsOf(record).map((conductor) => ({
      name: conductor.service,
      command: program('services/nova/src/conductor/server.ts', [
        ...configArguments(config.nova),
        ...(conductor.host === undefined ? [] : ['--config-file', conductorConfig(state, conductor)]),
      ]),
    })),
    ...hostsOf(record).flatMap((host) => [
      service(
        host.service,
        'services/nova/src/compute/server.ts',
        agentConfig(state, host),
        ports[host.port],
      ),
      service(
        host.switch.service,
        'services/neutron/src/l2/server.ts',
        switchConfig(state, host),
        ports[host.switch.port],
      ),
    ]),
  ]
}
