import assert from 'node:assert/strict'
import { it } from 'node:test'
import { lifetime, startLab, window } from './fixtures/lab.ts'

it('a token that this service has seen is refused by what is known of its expiry', async () => {
  await using lab = await startLab()
  const reasons: unknown[] = []
  const write = (fields: object) => {
    const { reason, service_reason } = fields as Record<string, unknown>
    reasons.push(service_reason === undefined ? reason : [reason, service_reason])
  }
  const authToken = lab.authToken({}, { logger: { debug: write, info: write, warn: write } })
  const ask = (user: string, service?: string) =>
    authToken.authenticate({
      method: 'GET',
      path: '/',
      headers: { 'x-auth-token': user, 'x-service-token': service },
    })
  const long = { lifetime: 10 * window }
  const [user, revoked] = [lab.issue('demo'), lab.issue('demo')]
  const [service, brief] = [lab.issue('nova', long), lab.issue('nova')]
  for (const token of [user, revoked]) await ask(token, service)
  await ask(user, brief)
  assert.deepEqual(reasons, [])
  lab.pass(lifetime + 1)
  await ask(user)
  await ask(user)
  lab.pass(300)
  lab.keystone.revoke(revoked)
  await ask(revoked, service)
  await ask(user, brief)
  await ask(user, service)
  lab.pass(window)
  await ask(user, service)
  await ask(user, service)
  assert.deepEqual(reasons, [
    'user_token_expired',
    'user_token_expired',
    'user_token_unknown_or_revoked',
    ['user_token_expired', 'service_token_expired'],
    'user_token_outside_window',
    'user_token_outside_window',
  ])
})
