import {
  booleanOption,
  hostOption,
  integerOption,
  listOption,
  portOption,
  stringOption,
  uriOption,
  type Config,
} from '@longhaul/oslo-config'

const defaultGroup = {
  image_size_cap: integerOption({
    help: 'Largest image that may be uploaded, in bytes.',
    default: 2 ** 40,
    min: 1,
  }),
  limit_param_default: integerOption({
    help: 'Images in a list when the request names no limit.',
    default: 25,
    min: 1,
  }),
  api_limit_max: integerOption({ help: 'Images in a list at most.', default: 1000, min: 1 }),
  client_socket_timeout: integerOption({
    help: 'Seconds that the sender of an upload may be silent; 0 waits for ever.',
    default: 900,
    min: 0,
  }),
  public_endpoint: uriOption({
    help: 'URL under which clients reach the service; without it, what the request says.',
  }),
  log_file: stringOption({ help: 'File for the log, in place of standard output.' }),
  debug: booleanOption({ help: 'Whether to log more.', default: false }),
}

const databaseGroup = {
  connection: stringOption({
    help: 'Database: sqlite:////absolute/path or postgresql://user:password@host/name.',
    required: true,
    secret: true,
  }),
  max_pool_size: integerOption({ help: 'Connections to PostgreSQL at most.', default: 5, min: 1 }),
}

const storeGroup = {
  filesystem_store_datadir: stringOption({
    help: 'Directory for the data of images. One glance-api process at a time may serve it.',
    required: true,
  }),
  stores: listOption({ help: 'Kinds of stores; only file is used.', default: ['file', 'http'] }),
  default_store: stringOption({
    help: 'Store for new images.',
    default: 'file',
    choices: ['file', 'filesystem'],
  }),
}

const listenGroup = {
  host: hostOption({
    help: 'Address to listen on; anything but loopback demands TLS.',
    default: '127.0.0.1',
    deprecatedNames: [['DEFAULT', 'bind_host']],
  }),
  port: portOption({
    help: 'Port to listen on.',
    default: 9292,
    deprecatedNames: [['DEFAULT', 'bind_port']],
  }),
  certfile: stringOption({ help: 'Certificate of the listener, PEM.' }),
  keyfile: stringOption({ help: 'Key of the listener, PEM.' }),
}

const pasteGroup = {
  flavor: stringOption({
    help: 'Which middleware stands in front; there is always authentication by Keystone, and never a cache.',
    default: 'keystone',
    choices: ['keystone', 'keystone+caching', 'keystone+cachemanagement'],
  }),
}

const policyGroup = {
  policy_file: stringOption({ help: 'File with policy rules that replace the defaults, YAML.' }),
}

const middlewareGroup = {
  enable_proxy_headers_parsing: booleanOption({
    help: 'Whether Forwarded and X-Forwarded-* are believed: only behind a proxy that sets them.',
    default: false,
  }),
}

/** The options of glance-api.conf, but for `[keystone_authtoken]`, which its middleware reads. */
export function readSettings(conf: Config) {
  return {
    defaults: conf.register('DEFAULT', defaultGroup),
    database: readDatabaseSettings(conf),
    store: conf.register('glance_store', storeGroup),
    listen: conf.register('listen', listenGroup),
    paste: conf.register('paste_deploy', pasteGroup),
    policy: conf.register('oslo_policy', policyGroup),
    middleware: conf.register('oslo_middleware', middlewareGroup),
  }
}

/** What `glance-manage` needs. */
export function readDatabaseSettings(conf: Config) {
  return conf.register('database', databaseGroup)
}

/** Collects the values of a command line option that may be repeated. */
export function repeated(value: string, before: readonly string[] = []): string[] {
  return [...before, value]
}
