import {
  booleanOption,
  integerOption,
  listOption,
  stringOption,
  uriOption,
  type OptionTable,
  type Values,
} from '@longhaul/oslo-config'
import { defaultTimeout } from './fetch-token.ts'
import { securityStrategies } from './memcached/protection.ts'

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
    help: 'Servers of memcached as host:port, [address]:port or unix:path, shared with every process that validates tokens; without any, tokens are cached in the process only.',
    deprecatedNames: ['memcache_servers'],
  }),
  token_cache_time: integerOption({
    help: 'How long a validated token is kept, never beyond its own end; -1 keeps nothing.',
    unit: 'seconds',
    default: 300,
    min: -1,
  }),
  memcache_security_strategy: stringOption({
    help: 'Whether entries in memcached are authenticated (MAC), and encrypted too (ENCRYPT).',
    default: 'None',
    choices: securityStrategies,
    ignoreCase: true,
  }),
  memcache_secret_key: stringOption({
    help: 'From this the keys for MAC and ENCRYPT are derived; the same for all who share the entries.',
    secret: true,
  }),
  memcache_tls_enabled: booleanOption({ help: 'Whether memcached is reached by TLS.', default: false }),
  memcache_tls_cafile: stringOption({ help: 'Certificate authorities to trust for memcached, PEM.' }),
  memcache_tls_certfile: stringOption({ help: 'Client certificate for memcached, PEM.' }),
  memcache_tls_keyfile: stringOption({ help: 'Key of the client certificate, PEM.' }),
  memcache_tls_allowed_ciphers: stringOption({
    help: "Ciphers for memcached, in OpenSSL's form; by default those of Node.js.",
  }),
  memcache_pool_dead_retry: integerOption({
    help: 'How long a server that did not answer is left alone; at most a second when no other is left.',
    unit: 'seconds',
    default: 300,
    min: 0,
  }),
  memcache_pool_maxsize: integerOption({
    help: 'Most connections to each server.',
    unit: 'connections',
    default: 10,
    min: 1,
  }),
  memcache_pool_socket_timeout: integerOption({
    help: 'How long a connection and each answer are waited for.',
    unit: 'seconds',
    default: 3,
    min: 1,
  }),
  memcache_pool_unused_timeout: integerOption({
    help: 'How long an unused connection is kept.',
    unit: 'seconds',
    default: 60,
    min: 1,
  }),
  memcache_pool_conn_get_timeout: integerOption({
    help: 'How long one of the connections is waited for when all are busy.',
    unit: 'seconds',
    default: 10,
    min: 1,
  }),
  memcache_use_advanced_pool: booleanOption({
    help: 'Has no effect: there is one pool, and it is always used.',
    default: true,
  }),
  memcache_sasl_enabled: booleanOption({
    help: 'Whether to log in to memcached by SASL; entries are then kept on every server, as the client of the original does it.',
    default: false,
  }),
  memcache_username: stringOption({ help: 'User of memcached.', default: '' }),
  memcache_password: stringOption({ help: 'Password of that user.', default: '', secret: true }),
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

/** The values of a [keystone_authtoken] section. */
export type AuthTokenValues = Values<typeof authTokenOptions>
