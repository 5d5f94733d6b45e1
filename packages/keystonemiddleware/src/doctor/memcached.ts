import type { AuthTokenLogger } from '../refusal-log.ts'
import type { Section } from '../section.ts'
import { memcachedClientFrom } from '../shared-cache.ts'
import { inWords, type Finding } from './finding.ts'

const check = 'memcached'
const silent: AuthTokenLogger = { debug: () => undefined, info: () => undefined, warn: () => undefined }

/** Is each memcached there? */
export async function memcached({ values }: Section, now: () => Date): Promise<Finding[]> {
  if (values.token_cache_time <= 0) {
    return [
      {
        check,
        level: 'note',
        message: 'token_cache_time keeps no tokens: Keystone is asked for each request',
      },
    ]
  }
  if (!values.memcached_servers?.length) {
    return [{ check, level: 'note', message: 'memcached_servers is not set: each process caches for itself' }]
  }
  const client = memcachedClientFrom(values, { now, logger: silent })
  try {
    return [...(await client.versions())].map(([server, version]) =>
      version instanceof Error
        ? { check, level: 'problem', message: `${server} does not answer: ${inWords(version)}` }
        : { check, level: 'ok', message: `${server} answers, version ${version}` },
    )
  } finally {
    client.close()
  }
}
