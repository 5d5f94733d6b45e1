import { readFileSync } from 'node:fs'
import type { ConnectionOptions } from 'node:tls'
import { ConfigError, type ConfigProblem } from '@longhaul/oslo-config'
import { binaryProtocol } from './memcached/binary-protocol.ts'
import { MemcachedClient } from './memcached/client.ts'
import { protection, type SecurityStrategy } from './memcached/protection.ts'
import { parseServerAddress, type ServerAddress } from './memcached/server-address.ts'
import { textProtocol } from './memcached/text-protocol.ts'
import { memcachedTokenCache } from './memcached/token-cache.ts'
import type { AuthTokenLogger } from './refusal-log.ts'
import type { AuthTokenValues } from './section.ts'
import { memoryTokenCache, type TokenCache } from './token-cache.ts'
import { twoLevelTokenCache } from './two-level-cache.ts'

/** What a shared cache needs beside the section. */
export interface SharedCacheContext {
  /** Name of the section, for errors and logs. */
  group: string
  now: () => Date
  logger: AuthTokenLogger | undefined
}

/**
 * The cache of a section with `memcached_servers`: the process's own before memcached.
 *
 * @returns undefined when the section names no servers, or keeps nothing
 * @throws ConfigError when its options are wrong
 */
export function sharedCacheFrom(
  values: AuthTokenValues,
  context: SharedCacheContext,
): TokenCache | undefined {
  if (!values.memcached_servers?.length || values.token_cache_time <= 0) return undefined
  const { now } = context
  const strategy = values.memcache_security_strategy as SecurityStrategy
  const secret = values.memcache_secret_key
  if (strategy !== 'None' && !secret) {
    const message = 'is not set; memcache_security_strategy needs it'
    throw new ConfigError([{ group: context.group, option: 'memcache_secret_key', message }])
  }
  const far = memcachedTokenCache({
    client: memcachedClientFrom(values, context),
    protection: protection(strategy, secret),
    cacheSeconds: values.token_cache_time,
    windowSeconds: values.allow_expired_window,
    now,
  })
  const failed = (error: Error) => context.logger?.debug({ cause: error.message }, 'memcached gave no answer')
  return twoLevelTokenCache({ near: memoryTokenCache(), far, now, failed })
}

/** A client of the servers that a section names. @throws ConfigError */
export function memcachedClientFrom(values: AuthTokenValues, context: SharedCacheContext): MemcachedClient {
  const { logger } = context
  const login = values.memcache_sasl_enabled
  return new MemcachedClient({
    servers: addressesOf(values.memcached_servers ?? [], context.group),
    protocol: login ? binaryProtocol : textProtocol,
    credentials: login
      ? { username: values.memcache_username, password: values.memcache_password }
      : undefined,
    tls: values.memcache_tls_enabled ? tlsOf(values, context.group) : undefined,
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

function addressesOf(texts: readonly string[], group: string): ServerAddress[] {
  const problems: ConfigProblem[] = []
  const addresses = texts.flatMap((text) => {
    try {
      return [parseServerAddress(text)]
    } catch (error) {
      problems.push({ group, option: 'memcached_servers', message: (error as Error).message })
      return []
    }
  })
  if (problems.length > 0) throw new ConfigError(problems)
  return addresses
}

function tlsOf(values: AuthTokenValues, group: string): ConnectionOptions {
  const read = (option: 'memcache_tls_cafile' | 'memcache_tls_certfile' | 'memcache_tls_keyfile') => {
    const path = values[option]
    if (!path) return undefined
    try {
      return readFileSync(path)
    } catch (error) {
      throw new ConfigError([{ group, option, message: `cannot be read: ${(error as Error).message}` }])
    }
  }
  return {
    ca: read('memcache_tls_cafile'),
    cert: read('memcache_tls_certfile'),
    key: read('memcache_tls_keyfile'),
    ciphers: values.memcache_tls_allowed_ciphers,
  }
}
