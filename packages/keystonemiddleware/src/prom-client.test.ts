import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { Registry } from 'prom-client'
import { lifetime, startLab } from './fixtures/lab.ts'
import { metricNames } from './metric-names.ts'
import { promClientMetrics } from './prom-client.ts'

describe('metrics for prom-client', () => {
  it('count validations, hits, shared flights, refusals, expired tokens and missing roles', async () => {
    await using lab = await startLab()
    const registry = new Registry()
    const authToken = lab.authToken({}, { metrics: promClientMetrics(registry) })
    const ask = async (user?: string, service?: string) =>
      authToken.authenticate({
        method: 'GET',
        path: '/',
        headers: { 'x-auth-token': user, 'x-service-token': service },
      })
    const [user, service] = [lab.issue('demo'), lab.issue('nova')]
    await Promise.all([ask(user), ask(user), ask(user)])
    await ask(user)
    await ask(lab.issue('demo', { ago: lifetime + 50 }), service)
    await ask(lab.issue('demo', { ago: lifetime + 50 }), lab.issue('plainsvc'))
    await ask('garbage')
    await ask('garbage')
    await ask()
    const text = await registry.metrics()
    for (const line of [
      'lookups_total{source="hit"} 1',
      'lookups_total{source="joined"} 2',
      'lookups_total{source="refused"} 1',
      'lookups_total{source="miss"} 6',
      'validations_total{answer="known"} 5',
      'validations_total{answer="refused"} 1',
      'refusals_total{reason="user_token_expired"} 1',
      'refusals_total{reason="user_token_unknown_or_revoked"} 2',
      'refusals_total{reason="user_token_absent"} 1',
      'service_token_refusals_total{reason="service_token_role_missing"} 1',
      'service_role_missing_total 1',
      'validation_seconds_count 6',
      'expired_token_age_seconds_bucket{le="60"} 1',
      'expired_token_age_seconds_sum 50',
    ]) {
      assert.ok(text.includes(line), `${line}\n${text}`)
    }
    for (const name of Object.keys(metricNames)) assert.ok(text.includes(`# TYPE ${name} `), name)
    assert.ok(!text.includes(user) && !text.includes('garbage'))
  })

  it('count a missing role that is not demanded', async () => {
    await using lab = await startLab()
    const registry = new Registry()
    const authToken = lab.authToken(
      { service_token_roles_required: false },
      { metrics: promClientMetrics(registry) },
    )
    const headers = { 'x-auth-token': lab.issue('demo'), 'x-service-token': lab.issue('plainsvc') }
    await authToken.authenticate({ method: 'GET', path: '/', headers })
    const text = await registry.metrics()
    assert.match(text, /service_role_missing_total 1/)
    assert.doesNotMatch(text, /service_token_refusals_total\{/)
  })

  it('of two auth_tokens may be one', () => {
    const registry = new Registry()
    promClientMetrics(registry).refused?.('user_token_absent')
    promClientMetrics(registry).refused?.('user_token_absent')
    return registry.metrics().then((text) => assert.match(text, /reason="user_token_absent"\} 2/))
  })
})
