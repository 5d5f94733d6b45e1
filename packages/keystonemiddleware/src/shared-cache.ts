import { readFileSync } from 'node:fs'
import type { ConnectionOptions } from 'node:tls'
import { binaryProtocol } from './memcached/binary-protocol.ts'
import { MemcachedClient } from './memcached/client.ts'
import { protection, type SecurityStrategy } from './memcached/protection.ts'
import { parseServerAddress } from './memcached/server-address.ts'
import { textProtocol } from './memcached/text-protocol.ts'
import { memcachedTokenCache } from './memcached/token-cache.ts'
import type { AuthTokenValues } from './options.ts'
import type { AuthTokenLogger } from './refusal-log.ts'
import { memoryTokenCache, type TokenCache } from './token-cache.ts'
import { twoLevelTokenCache } from './two-level-cache.ts'

/** What a shared cache needs beside the section. */
export interface SharedCacheContext {
  now: () => Date
  logger: AuthTokenLogger | undefined
}

type Fault = readonly [option: keyof AuthTokenValues, message: string]

/**
 * What is wrong of the memcached options of a section, if it uses memcached.
 *
 * @param values without those that are at fault themselves
 */
export function sharedCacheFaults(values: Partial<AuthTokenValues>): Fault[] {
  const { memcached_servers: servers = [], token_cache_time: seconds = 1 } = values
  const { memcache_security_strategy: strategy = 'None' } = values
  if (servers.length === 0 || seconds <= 0) return []
  const tls = values.memcache_tls_enabled ? tlsFiles : []
  return [
    ...servers.flatMap((text) => faultsOf('memcached_servers', () => parseServerAddress(text))),
    ...(strategy !== 'None' && !values.memcache_secret_key
      ? [['memcache_secret_key', 'is not set; memcache_security_strategy needs it'] as const]
      : []),
    ...tls.flatMap((option) => faultsOf(option, () => contentOf(values[option]))),
  ]
}

function faultsOf(option: keyof AuthTokenValues, read: () => unknown): Fault[] {
  try {
    read()
    return []
  } catch (error) {
    return [[option, (error as Error).message]]
  }
}

/**
 * The cache of a section with `memcached_servers`: the process's own before memcached.
 *
 * @param values in which {@link sharedCacheFaults} finds nothing
 * @returns undefined when the section names no servers, or keeps nothing
 */
export function sharedCacheFrom(
  values: AuthTokenValues,
  context: SharedCacheContext,
): TokenCache | undefined {
  if (!values.memcached_servers?.length || values.token_cache_time <= 0) return undefined
  const { now } = context
  const strategy = values.memcache_security_strategy as SecurityStrategy
  const far = memcachedTokenCache({
    client: memcachedClientFrom(values, context),
    protection: protection(strategy, values.memcache_secret_key),
    cacheSeconds: values.token_cache_time,
    windowSeconds: values.allow_expired_window,
    now,
  })
  const failed = (error: Error) => context.logger?.debug({ cause: error.message }, 'memcached gave no answer')
  return twoLevelTokenCache({ near: memoryTokenCache(), far, now, failed })
}

/** A client of the servers that a section names. @param values in which {@link sharedCacheFaults} finds nothing */
export function memcachedClientFrom(values: AuthTokenValues, context: SharedCacheContext): MemcachedClient {
  const { logger } = context
  const login = values.memcache_sasl_enabled
  return new MemcachedClient({
    servers: (values.memcached_servers ?? []).map(parseServerAddress),
    protocol: login ? binaryProtocol : textProtocol,
    credentials: login
      ? { username: values.memcache_username, password: values.memcache_password }
      : undefined,
    tls: values.memcache_tls_enabled ? tlsOf(values) : undefined,
    timeoutMs: values.memcache_pool_socket_timeout * 1000,
    maxSize: values.memcache_pool_maxsize,
    unusedMs: values.memcache_pool_unused_timeout * 1000,
    waitMs: values.memcache_pool_conn_get_timeout * 1000,
    deadRetryMs: values.memcache_pool_dead_retry * 1000,
    now: context.now,
    watcher: {
      died: (server, error) => logger?.warn({ server, cause: error.message }, 'memcached does not answer'),
      revived: (server) => logger?.info({ server }, 'memcached answers again'),
    },
  })
}

const tlsFiles = ['memcache_tls_cafile', 'memcache_tls_certfile', 'memcache_tls_keyfile'] as const

function tlsOf(values: AuthTokenValues): ConnectionOptions {
  return {
    ca: contentOf(values.memcache_tls_cafile),
    cert: contentOf(values.memcache_tls_certfile),
    key: contentOf(values.memcache_tls_keyfile),
    ciphers: values.memcache_tls_allowed_ciphers,
  }
}

function contentOf(path: string | undefined): Buffer | undefined {
  if (!path) return undefined
  try {
    return readFileSync(path)
  } catch (cause) {
    throw new Error(`cannot be read: ${(cause as Error).message}`, { cause })
  }
}
