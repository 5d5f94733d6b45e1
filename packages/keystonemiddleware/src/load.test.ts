import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { tokenData } from '@longhaul/keystoneauth/testing'
import { createAuthToken, type AuthToken } from './auth-token.ts'
import { startLab } from './fixtures/lab.ts'
import type { Verdict } from './verdict.ts'
import { waitingLineLimits } from './waiting-line.ts'

async function call(authToken: AuthToken, user: string, service?: string): Promise<Verdict> {
  const headers = { 'x-auth-token': user, 'x-service-token': service }
  return authToken.authenticate({ method: 'GET', path: '/', headers })
}

/** How many verdicts there are of each status. */
async function tally(verdicts: readonly Promise<Verdict>[]): Promise<Record<number, number>> {
  const counts: Record<number, number> = {}
  for (const verdict of await Promise.all(verdicts)) {
    const status = verdict.kind === 'accepted' ? 200 : verdict.status
    if (status === 503)
      assert.ok(Number((verdict as { headers: Record<string, string> }).headers['Retry-After']) >= 1)
    counts[status] = (counts[status] ?? 0) + 1
  }
  return counts
}

const times = <T>(count: number, make: (index: number) => T) =>
  Array.from({ length: count }, (_unused, index) => make(index))

describe('under load', () => {
  it('a thousand requests with the same cold tokens make one validation of each, and one login', async () => {
    await using lab = await startLab()
    const authToken = lab.authToken()
    const [user, service] = [lab.issue('demo'), lab.issue('nova')]
    assert.deepEqual(await tally(times(1000, () => call(authToken, user, service))), { 200: 1000 })
    assert.deepEqual(
      [lab.keystone.validations(user).length, lab.keystone.validations(service).length, lab.keystone.logins],
      [1, 1, 1],
    )
  })

  for (const kind of ['down', 'status'] as const) {
    it(`a Keystone that is ${kind === 'down' ? 'down' : 'answering 503'} is asked by one request at a time, cached tokens go on, and its return is seen at once`, async () => {
      await using lab = await startLab()
      const authToken = lab.authToken()
      const cached = times(20, () => lab.issue('demo'))
      await tally(cached.map((token) => call(authToken, token)))
      lab.keystone.failure = kind === 'down' ? { kind } : { kind, status: 503 }
      await call(authToken, lab.issue('demo'))
      const before = lab.keystone.validations().length
      for (let turn = 1; turn <= 3; turn++) {
        const cold = times(200, () => lab.issue('demo'))
        const verdicts = [...cold, ...cached, ...cached].map((token) => call(authToken, token))
        assert.deepEqual(await tally(verdicts), { 200: 40, 503: 200 })
        assert.equal(lab.keystone.validations().length - before, turn)
      }
      lab.keystone.failure = undefined
      assert.equal((await call(authToken, lab.issue('demo'))).kind, 'accepted')
      assert.deepEqual(await tally(times(50, () => call(authToken, lab.issue('demo')))), { 200: 50 })
    })
  }

  it('a Keystone is asked a thousand questions at a time, further ones wait for their turn', async () => {
    const { underWay: most } = waitingLineLimits
    const data = tokenData()
    const answered = Promise.withResolvers<void>()
    let underWay = 0
    let mostSeen = 0
    const authToken = createAuthToken({
      wwwAuthenticateUri: 'http://keystone',
      async fetchToken() {
        underWay += 1
        mostSeen = Math.max(mostSeen, underWay)
        await answered.promise
        underWay -= 1
        return data
      },
    })
    const verdicts = times(most + 500, (index) => call(authToken, `token-${index}`))
    answered.resolve()
    assert.deepEqual(await tally(verdicts), { 200: most + 500 })
    assert.deepEqual([mostSeen, underWay], [most, 0])
  })
})
