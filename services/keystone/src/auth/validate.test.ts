import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { personas, startTown, type Persona, type Town } from '../testing/personas.ts'

/** Who may do what with a token of `owner`: validate (GET), check (HEAD), revoke (DELETE). */
const allowed: Readonly<Record<'GET' | 'HEAD' | 'DELETE', readonly Persona[]>> = {
  GET: ['admin', 'system-admin', 'system-reader', 'domain-admin', 'service', 'owner'],
  HEAD: ['admin', 'system-admin', 'system-reader', 'domain-admin', 'owner'],
  DELETE: ['admin', 'system-admin', 'domain-admin', 'owner'],
}

describe('who may validate, check and revoke a token', () => {
  let town: Town
  before(async () => {
    town = await startTown()
  })
  after(() => town.close())

  for (const method of ['GET', 'HEAD', 'DELETE'] as const) {
    for (const persona of personas) {
      const good = method === 'DELETE' ? 204 : 200
      const status = persona === 'anonymous' ? 401 : allowed[method].includes(persona) ? good : 403
      it(`${method} by ${persona} is ${status}`, async () => {
        const subject = (await town.tokenOf('owner'))!
        const answer = await town.call(method, '/v3/auth/tokens', {
          token: await town.tokenOf(persona),
          subject,
        })
        assert.equal(answer.statusCode, status, answer.body)
        if (status === 200) assert.equal(answer.headers['x-subject-token'], subject)
        if (status === 401)
          assert.match(String(answer.headers['www-authenticate']), /^Keystone uri=".*\/v3"$/)
        const after = await town.call('GET', '/v3/auth/tokens', {
          token: await town.tokenOf('admin'),
          subject,
        })
        assert.equal(after.statusCode, status === 204 ? 404 : 200)
      })
    }
  }

  it('a token that is none is not found, even by somebody who may not ask', async () => {
    const token = await town.tokenOf('project-reader')
    const answer = await town.call('GET', '/v3/auth/tokens', { token, subject: 'gAAAAA' })
    assert.equal(answer.statusCode, 404)
  })
})
