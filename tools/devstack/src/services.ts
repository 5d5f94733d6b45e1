import { join } from 'node:path'
import type { CloudRecord } from './cloud-record.ts'
import { configPaths, postgresqlUrls } from './config-files.ts'
import type { EmbeddedPostgres } from './embedded-postgres.ts'
import type { Command } from './processes.ts'
import type { StateDirectory } from './state-directory.ts'

/** A process of the cloud, in the order of starting. */
export interface ServiceDefinition {
  name: string
  command: Command
  /** Answers 200 when the service is ready, or lets its user in (`postgresql:`); absent: ready when it runs. */
  health?: string
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
    },
  }
}

/** Names of nova's processes: what is restarted when nova.conf changes. */
export const novaServices: readonly string[] = ['nova-api', 'nova-conductor', 'nova-compute']

/** All services of a cloud. */
export function serviceDefinitions(
  state: StateDirectory,
  record: CloudRecord,
  postgres: EmbeddedPostgres,
): ServiceDefinition[] {
  const config = configPaths(state)
  const { ports } = record
  const healthAt = (port: number) => `http://127.0.0.1:${port}/healthcheck`
  const service = (name: string, path: string, file: string, port?: number): ServiceDefinition => ({
    name,
    command: program(path, ['--config-file', file]),
    ...(port === undefined ? {} : { health: healthAt(port) }),
  })
  return [
    {
      name: 'postgresql',
      command: postgres.command,
      health: postgresqlUrls(record).admin,
      stopSignal: 'SIGINT',
    },
    service('keystone', 'services/keystone/src/server.ts', config.keystone, ports.keystone),
    service('glance-api', 'services/glance/src/server.ts', config.glance, ports.glance),
    service('nova-api', 'services/nova/src/api/server.ts', config.nova, ports.nova),
    service('nova-conductor', 'services/nova/src/conductor/server.ts', config.nova),
    service('nova-compute', 'services/nova/src/compute/server.ts', config.novaCompute, ports.novaCompute),
  ]
}
