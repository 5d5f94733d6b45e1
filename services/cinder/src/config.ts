import { hostname } from 'node:os'
import { join } from 'node:path'
import {
  booleanOption,
  hostnameOption,
  integerOption,
  stringOption,
  type Config,
} from '@longhaul/oslo-config'
import { authTokenOptions } from '@longhaul/keystonemiddleware'
import { listenOptions, proxyOptions } from '@longhaul/oslo/api'
import { databaseOptions } from '@longhaul/oslo/db'
import { logOptions } from '@longhaul/oslo/log'
import { defaultTypeName } from './db/migrations.ts'

const quota = (what: string, unit: string, preset: number) =>
  integerOption({ help: `${what} of a project at most; -1 for no limit.`, unit, default: preset, min: -1 })

const defaultGroup = {
  volumes_dir: stringOption({
    help: 'Directory for the files of volumes and snapshots. One process at a time works with it.',
    default: '/var/lib/cinder/volumes',
  }),
  nbd_socket_dir: stringOption({
    help: 'Directory for the sockets under which hosts reach volumes, 65 bytes at most; by default the directory run within volumes_dir. Whoever may enter it may read and write the volumes in use.',
  }),
  host: hostnameOption({ help: 'Name of this host; by default that of the system.' }),
  storage_availability_zone: stringOption({
    help: 'Name of the availability zone of all volumes.',
    default: 'nova',
  }),
  default_volume_type: stringOption({
    help: 'Name of the type of volumes whose creator names none.',
    default: defaultTypeName,
  }),
  quota_volumes: quota('Volumes', 'volumes', 10),
  quota_snapshots: quota('Snapshots', 'snapshots', 10),
  quota_gigabytes: quota('Space of the volumes and snapshots', 'GiB', 1000),
  quota_backups: quota('Backups, of which there are none,', 'backups', 10),
  quota_backup_gigabytes: quota('Space of backups, of which there are none,', 'GiB', 1000),
  quota_groups: quota('Groups, of which there are none,', 'groups', 10),
  per_volume_size_limit: integerOption({
    help: 'Size of a single volume at most; -1 for no limit.',
    unit: 'GiB',
    default: -1,
    min: -1,
  }),
  no_snapshot_gb_quota: booleanOption({
    help: 'Whether the space of snapshots does not count.',
    default: false,
  }),
  ...proxyOptions,
  ...logOptions,
}

const policyGroup = {
  policy_file: stringOption({
    help: 'YAML file of policy rules that replace the defaults of the same name; what it holds is read again at SIGHUP.',
  }),
}

/** The options of cinder.conf, but for what the clients of other services and the middleware read. */
export function readSettings(conf: Config) {
  return {
    defaults: conf.register('DEFAULT', defaultGroup),
    database: readDatabaseSettings(conf),
    listen: conf.register(
      'listen',
      listenOptions(8776, { host: 'osapi_volume_listen', port: 'osapi_volume_listen_port' }),
    ),
    policy: conf.register('oslo_policy', policyGroup),
  }
}

/** Roles of which a service token has one: the detach rule asks for them once more. */
export function readServiceTokenRoles(conf: Config): readonly string[] {
  return conf.register('keystone_authtoken', authTokenOptions).service_token_roles
}

/** What `cinder-manage` needs. */
export function readDatabaseSettings(conf: Config) {
  return conf.register('database', databaseOptions)
}

/** Where the sockets are. */
export function socketDirectory(defaults: {
  volumes_dir: string
  nbd_socket_dir: string | undefined
}): string {
  return defaults.nbd_socket_dir ?? join(defaults.volumes_dir, 'run')
}

/** Name of the host, as volumes show it: with the backend and its pool behind it. */
export function backendHost(name: string | undefined): string {
  return `${name ?? hostname()}@nbd#nbd`
}

/** Collects the values of a command line option that may be repeated. */
export function repeated(value: string, before: readonly string[] = []): string[] {
  return [...before, value]
}
