/** A metric as a scrape shows it. */
export interface MetricName {
  type: 'counter' | 'histogram'
  help: string
  labels: readonly string[]
  /** Upper bounds of the classes; a histogram's. */
  buckets?: readonly number[]
}

const hour = 3600

/** Every metric of auth_token; code and reference page read it. */
export const metricNames = {
  keystonemiddleware_token_lookups_total: {
    type: 'counter',
    help: 'Tokens looked up, by where the answer came from: hit (cache), refused (a refusal of a moment ago), joined (a question under way, shared), miss (a new question).',
    labels: ['source'],
  },
  keystonemiddleware_validations_total: {
    type: 'counter',
    help: 'Questions to Keystone, by answer: known, refused, unavailable.',
    labels: ['answer'],
  },
  keystonemiddleware_validation_seconds: {
    type: 'histogram',
    help: 'Time until Keystone answered, repetitions included.',
    labels: [],
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30],
  },
  keystonemiddleware_refusals_total: {
    type: 'counter',
    help: 'Requests that were not authenticated, whether rejected or passed on, by reason.',
    labels: ['reason'],
  },
  keystonemiddleware_service_token_refusals_total: {
    type: 'counter',
    help: 'Service tokens that were not confirmed, by reason.',
    labels: ['reason'],
  },
  keystonemiddleware_service_role_missing_total: {
    type: 'counter',
    help: 'Valid service tokens without one of service_token_roles, whether that is demanded or not.',
    labels: [],
  },
  keystonemiddleware_expired_token_age_seconds: {
    type: 'histogram',
    help: 'For how long user tokens had been expired that a confirmed service token let pass.',
    labels: [],
    buckets: [60, 600, hour, 4 * hour, 12 * hour, 24 * hour, 48 * hour],
  },
} as const satisfies Record<string, MetricName>
