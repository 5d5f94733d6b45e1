import assert from 'node:assert/strict'
import { it } from 'node:test'
import { contextAuth, password, serviceTokenAuth, Session } from '@longhaul/keystoneauth'
import { lifetime, startLab } from './fixtures/lab.ts'

for (const reasonsShown of [false, true]) {
  const when = reasonsShown ? 'and the receiver says why' : 'and the receiver does not say why'
  it(`a long operation goes on when its service token was revoked ${when}`, async () => {
    await using lab = await startLab()
    const app = lab.application({ overrides: { www_authenticate_reason: reasonsShown } })
    const url = await app.listen({ host: '127.0.0.1', port: 0 })
    const session = new Session({ now: lab.now })
    const service = password({
      authUrl: lab.keystone.url,
      username: 'nova',
      userDomainId: 'default',
      password: 'secret',
    })
    const user = contextAuth({ token: lab.issue('demo') })
    const revoked = await service.getToken(session)
    lab.pass(lifetime + 1)
    lab.keystone.revoke(revoked!)
    const answer = await session.get(url, { auth: serviceTokenAuth({ user, service }) })
    assert.equal(answer.status, 200)
    await session.close()
  })
}
