import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import {
  booleanOption,
  integerOption,
  listOption,
  stringOption,
  uriOption,
  type Config,
} from '@longhaul/oslo-config'
import { listenOptions, proxyOptions } from '@longhaul/oslo/api'
import { databaseOptions } from '@longhaul/oslo/db'
import { logOptions } from '@longhaul/oslo/log'
import { glanceDirect } from './import-methods.ts'

const defaultGroup = {
  image_size_cap: integerOption({
    help: 'Largest image that may be uploaded.',
    unit: 'bytes',
    default: 2 ** 40,
    min: 1,
  }),
  user_storage_quota: stringOption({
    help: 'Data that the images of one project may have together: a number of bytes, or with KB, MB, GB or TB behind it (powers of 1024); 0 for no limit.',
    default: '0',
  }),
  image_property_quota: integerOption({
    help: 'Custom properties of an image at most; a negative number for no limit.',
    unit: 'properties',
    default: 128,
  }),
  image_tag_quota: integerOption({
    help: 'Tags of an image at most; a negative number for no limit.',
    unit: 'tags',
    default: 128,
  }),
  image_member_quota: integerOption({
    help: 'Projects that an image is shared with at most; a negative number for no limit.',
    unit: 'projects',
    default: 128,
  }),
  limit_param_default: integerOption({
    help: 'Images in a list when the request names no limit.',
    unit: 'images',
    default: 25,
    min: 1,
  }),
  api_limit_max: integerOption({
    help: 'Images in a list at most, whatever the request says.',
    unit: 'images',
    default: 1000,
    min: 1,
  }),
  client_socket_timeout: integerOption({
    help: 'How long the sender of an upload may be silent; 0 is for ever.',
    unit: 'seconds',
    default: 900,
    min: 0,
  }),
  ...proxyOptions,
  worker_self_reference_url: uriOption({
    help: 'Name of this process among those on the same database, by default http://HOSTNAME:PORT. At its start a process gives up the uploads that its name holds, so no two may have the same.',
  }),
  node_staging_uri: stringOption({
    help: 'Directory for data that waits for its import, file:///absolute/path; by default the directory staging within filesystem_store_datadir. All processes on one database must share it.',
  }),
  enabled_import_methods: listOption({
    help: `How data may come to an image besides its upload. Only ${glanceDirect} is known.`,
    default: [glanceDirect],
  }),
  ...logOptions,
}

const storeGroup = {
  filesystem_store_datadir: stringOption({
    help: 'Directory for the data of images. All glance-api processes on one database must share it.',
    required: true,
  }),
  stores: listOption({ help: 'Kinds of stores; only file is used.', default: ['file', 'http'] }),
  default_store: stringOption({
    help: 'Store for new images.',
    default: 'file',
    choices: ['file', 'filesystem'],
  }),
}

const imageFormatGroup = {
  disk_formats: listOption({
    help: 'Formats of disks that may be declared.',
    default: ['ami', 'ari', 'aki', 'vhd', 'vhdx', 'vmdk', 'raw', 'qcow2', 'vdi', 'ploop', 'iso', 'gpt'],
    deprecatedNames: [['DEFAULT', 'disk_formats']],
  }),
  container_formats: listOption({
    help: 'Formats of containers that may be declared.',
    default: ['ami', 'ari', 'aki', 'bare', 'ovf', 'ova', 'docker', 'compressed'],
    deprecatedNames: [['DEFAULT', 'container_formats']],
  }),
  require_image_format_match: booleanOption({
    help: 'Whether data must be of the declared disk format, if the container is bare. Data that names another file is refused in any case.',
    default: true,
  }),
}

const taskGroup = {
  task_time_to_live: integerOption({
    help: 'How long a task may be asked for after its end.',
    unit: 'hours',
    default: 48,
    min: 0,
  }),
}

const listenGroup = listenOptions(9292, { host: 'bind_host', port: 'bind_port' })

const pasteGroup = {
  flavor: stringOption({
    help: 'Which middleware stands in front; there is always authentication by Keystone, and never a cache.',
    default: 'keystone',
    choices: ['keystone', 'keystone+caching', 'keystone+cachemanagement'],
  }),
}

const policyGroup = {
  policy_file: stringOption({
    help: 'YAML file of policy rules that replace the defaults of the same name; what it holds is read again at SIGHUP.',
  }),
}

/** The options of glance-api.conf, but for `[keystone_authtoken]`, which its middleware reads. */
export function readSettings(conf: Config) {
  return {
    defaults: conf.register('DEFAULT', defaultGroup),
    database: readDatabaseSettings(conf),
    store: conf.register('glance_store', storeGroup),
    imageFormat: conf.register('image_format', imageFormatGroup),
    task: conf.register('task', taskGroup),
    listen: conf.register('listen', listenGroup),
    paste: conf.register('paste_deploy', pasteGroup),
    policy: conf.register('oslo_policy', policyGroup),
  }
}

/** What `glance-manage` needs. */
export function readDatabaseSettings(conf: Config) {
  return conf.register('database', databaseOptions)
}

const quotaUnits: Readonly<Record<string, number>> = {
  B: 1,
  KB: 2 ** 10,
  MB: 2 ** 20,
  GB: 2 ** 30,
  TB: 2 ** 40,
}

/**
 * Bytes of a `user_storage_quota`; undefined for no limit.
 *
 * @throws Error that names the option
 * @see openstack/glance glance/api/common.py, get_remaining_quota
 */
export function storageQuota(text: string): number | undefined {
  const [, number, unit = 'B'] = /^(\d+)([KMGT]?B)?$/.exec(text) ?? []
  const bytes = Number(number) * (quotaUnits[unit] ?? 1)
  if (number === undefined || !Number.isSafeInteger(bytes)) {
    throw new Error(`[DEFAULT] user_storage_quota: '${text}' is no number with B, KB, MB, GB or TB behind it`)
  }
  return bytes === 0 ? undefined : bytes
}

/** The names of an `enabled_import_methods`, which operators write with or without brackets around it. */
export function importMethodNames(list: readonly string[]): string[] {
  return list.map((name) => name.replaceAll(/^\[|\]$/g, '').trim())
}

/**
 * The directory of a `node_staging_uri`.
 *
 * @throws Error that names the option
 */
export function stagingDirectory(uri: string | undefined, datadir: string): string {
  if (uri === undefined) return join(datadir, 'staging')
  if (uri.startsWith('file:///')) return fileURLToPath(uri)
  throw new Error(`[DEFAULT] node_staging_uri: '${uri}' does not begin with file:///`)
}

/** Collects the values of a command line option that may be repeated. */
export function repeated(value: string, before: readonly string[] = []): string[] {
  return [...before, value]
}
