import { Counter, Histogram, Registry } from 'prom-client'

/** Upper bounds of the latency classes, in seconds. */
const latencyBuckets = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 120]

/** The name under which requests stand that match no route: a raw path would make a series for each typing error. */
const unmatched = 'unmatched'

/** Counts and times requests by method, route pattern and status. */
export interface RequestMetrics {
  registry: Registry
  observe(method: string, route: string | undefined, status: number, seconds: number): void
}

/** Metrics of one application, in a registry of its own so that several may live in one process. */
export function requestMetrics(service: string): RequestMetrics {
  const registry = new Registry()
  registry.setDefaultLabels({ service })
  const requests = new Counter({
    name: 'http_requests_total',
    help: 'Requests answered.',
    labelNames: ['method', 'route', 'status'],
    registers: [registry],
  })
  const duration = new Histogram({
    name: 'http_request_duration_seconds',
    help: 'Time from the head of the request to the end of the answer.',
    labelNames: ['method', 'route'],
    buckets: latencyBuckets,
    registers: [registry],
  })
  const series = new Map<string, { count: Counter.Internal; time: Histogram.Internal<string> }>()
  return {
    registry,
    observe(method, route = unmatched, status, seconds) {
      const name = `${method} ${route} ${status}`
      let one = series.get(name)
      if (!one) {
        one = { count: requests.labels(method, route, String(status)), time: duration.labels(method, route) }
        series.set(name, one)
      }
      one.count.inc()
      one.time.observe(seconds)
    },
  }
}
