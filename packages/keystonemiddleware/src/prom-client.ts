import { Counter, Histogram, type Registry } from 'prom-client'
import { metricNames, type MetricName } from './metric-names.ts'
import type { AuthTokenMetrics } from './metrics.ts'

type Name = keyof typeof metricNames

/**
 * Counts what auth_token does in a registry of prom-client; no label ever holds a token, an id or a path.
 *
 * @param registry two auth_tokens of one process may share it
 * @see https://github.com/siimon/prom-client
 */
export function promClientMetrics(registry: Registry): AuthTokenMetrics {
  const lookups = counter('keystonemiddleware_token_lookups_total', registry)
  const validations = counter('keystonemiddleware_validations_total', registry)
  const refusals = counter('keystonemiddleware_refusals_total', registry)
  const serviceRefusals = counter('keystonemiddleware_service_token_refusals_total', registry)
  const roleMissing = counter('keystonemiddleware_service_role_missing_total', registry)
  const seconds = histogram('keystonemiddleware_validation_seconds', registry)
  const age = histogram('keystonemiddleware_expired_token_age_seconds', registry)
  // Warm requests come here: their series is found once.
  const hits = lookups.labels('hit')
  return {
    looked: (source) => (source === 'hit' ? hits : lookups.labels(source)).inc(),
    asked(answer, taken) {
      validations.labels(answer).inc()
      seconds.observe(taken)
    },
    refused: (reason) => refusals.labels(reason).inc(),
    serviceTokenRefused: (reason) => serviceRefusals.labels(reason).inc(),
    serviceRoleMissing: () => roleMissing.inc(),
    expiredAllowed: (ageSeconds) => age.observe(ageSeconds),
  }
}

function counter(name: Name, registry: Registry): Counter {
  const known = registry.getSingleMetric(name)
  return known ? (known as Counter) : new Counter({ ...described(name), registers: [registry] })
}

function histogram(name: Name, registry: Registry): Histogram {
  const known = registry.getSingleMetric(name)
  const { buckets = [], ...rest } = described(name)
  return known
    ? (known as Histogram)
    : new Histogram({ ...rest, buckets: [...buckets], registers: [registry] })
}

function described(name: Name) {
  const { help, labels, buckets }: MetricName = metricNames[name]
  return { name, help, labelNames: [...labels], ...(buckets ? { buckets: [...buckets] } : {}) }
}
