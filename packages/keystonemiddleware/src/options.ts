import {
  booleanOption,
  integerOption,
  listOption,
  stringOption,
  uriOption,
  type OptionTable,
} from '@longhaul/oslo-config'
import { defaultTimeout } from './fetch-token.ts'

const noMemcached =
  'Has no effect, accepted so that an existing section works: tokens are cached in the process.'

/**
 * The options of [keystone_authtoken], beside those of the auth plugin.
 *
 * @see keystonemiddleware auth_token/_opts.py
 */
export const authTokenOptions = {
  www_authenticate_uri: uriOption({
    help: 'Public Identity endpoint, told to clients with each 401; by default auth_url.',
    deprecatedNames: ['auth_uri'],
  }),
  auth_version: stringOption({ help: 'Has no effect: Identity v3 is always used.' }),
  interface: stringOption({
    help: "Interface of the identity endpoint in this service's own catalog.",
    default: 'internal',
  }),
  region_name: stringOption({ help: "Region of the identity endpoint in this service's own catalog." }),
  delay_auth_decision: booleanOption({
    help: 'Whether requests without a valid token are passed on, for the application to decide by X-Identity-Status.',
    default: false,
  }),
  http_connect_timeout: integerOption({
    help: `How long an answer of Keystone is waited for at each try; by default ${defaultTimeout}.`,
    unit: 'seconds',
    min: 1,
  }),
  http_request_max_retries: integerOption({
    help: 'Further tries after a connection to Keystone failed.',
    unit: 'tries',
    default: 3,
    min: 0,
  }),
  cache: stringOption({
    help: 'Has no effect: names a cache object in the environment of a Python server.',
  }),
  certfile: stringOption({ help: 'Client certificate for Keystone, PEM.' }),
  keyfile: stringOption({ help: 'Key of the client certificate, PEM.' }),
  cafile: stringOption({ help: 'Certificate authorities to trust for Keystone, PEM.' }),
  insecure: booleanOption({
    help: 'Whether any certificate is accepted as that of Keystone.',
    default: false,
  }),
  memcached_servers: listOption({
    help: `Servers as host:port. ${noMemcached}`,
    deprecatedNames: ['memcache_servers'],
  }),
  token_cache_time: integerOption({
    help: 'How long a validated token is kept, never beyond its own end; -1 keeps nothing.',
    unit: 'seconds',
    default: 300,
    min: -1,
  }),
  memcache_security_strategy: stringOption({
    help: `None, MAC or ENCRYPT. ${noMemcached}`,
    default: 'None',
  }),
  memcache_secret_key: stringOption({ help: noMemcached, secret: true }),
  memcache_tls_enabled: booleanOption({ help: noMemcached, default: false }),
  memcache_tls_cafile: stringOption({ help: noMemcached }),
  memcache_tls_certfile: stringOption({ help: noMemcached }),
  memcache_tls_keyfile: stringOption({ help: noMemcached }),
  memcache_tls_allowed_ciphers: stringOption({ help: noMemcached }),
  memcache_pool_dead_retry: integerOption({ help: noMemcached, unit: 'seconds', default: 300 }),
  memcache_pool_maxsize: integerOption({ help: noMemcached, unit: 'connections', default: 10 }),
  memcache_pool_socket_timeout: integerOption({ help: noMemcached, unit: 'seconds', default: 3 }),
  memcache_pool_unused_timeout: integerOption({ help: noMemcached, unit: 'seconds', default: 60 }),
  memcache_pool_conn_get_timeout: integerOption({ help: noMemcached, unit: 'seconds', default: 10 }),
  memcache_use_advanced_pool: booleanOption({ help: noMemcached, default: true }),
  memcache_sasl_enabled: booleanOption({ help: noMemcached, default: false }),
  memcache_username: stringOption({ help: noMemcached, default: '' }),
  memcache_password: stringOption({ help: noMemcached, default: '', secret: true }),
  include_service_catalog: booleanOption({
    help: "Whether the token's catalog is asked for and passed on; access rules of application credentials need it.",
    default: true,
  }),
  enforce_token_bind: stringOption({
    help: 'Which bindings of tokens are demanded: disabled, permissive, strict, required, or the kind of binding that every token must have.',
    default: 'permissive',
  }),
  service_token_roles: listOption({
    help: 'Roles of services: a service token with any of them lets an expired user token pass.',
    default: ['service'],
  }),
  service_token_roles_required: booleanOption({
    help: 'Whether a service token without such a role is refused; if not, it counts as confirmed and allows nothing.',
    default: true,
  }),
  service_type: stringOption({
    help: 'Type of this service in the catalog; without it application credentials with access rules are refused.',
  }),
  allow_expired_window: integerOption({
    help: "How long after its expiry a user token may pass, the same as [token] allow_expired_window in Keystone's configuration; cached answers end with it.",
    unit: 'seconds',
    default: 172_800,
    min: 0,
  }),
  www_authenticate_reason: booleanOption({
    help: 'Whether WWW-Authenticate tells the client the code of the reason for a 401.',
    default: false,
  }),
} as const satisfies OptionTable
