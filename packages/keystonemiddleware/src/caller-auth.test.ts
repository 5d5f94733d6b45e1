import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { Adapter, serviceTokenAuth, Session, token as tokenAuth } from '@longhaul/keystoneauth'
import { fakeService } from '@longhaul/keystoneauth/testing'
import { startLab } from './fixtures/lab.ts'

describe("the caller's token as an auth plugin", () => {
  it("calls on with the endpoints of its catalog and the caller's token, and with no other", async () => {
    await using lab = await startLab()
    const image = await fakeService(() => 200)
    const endpoints = [{ interface: 'public', region: 'RegionOne', region_id: 'RegionOne', url: image.url }]
    const user = lab.issue('demo', { catalog: [{ type: 'image', name: 'glance', endpoints }] })
    const service = lab.issue('nova')
    const verdict = await lab.authToken().authenticate({
      method: 'GET',
      path: '/',
      headers: { 'x-auth-token': ` ${user} `, 'x-service-token': service },
    })
    assert.ok(verdict.kind === 'accepted')
    const { auth } = verdict.keystone
    assert.ok(auth)
    assert.equal(verdict.keystone.auth, auth)
    const session = new Session({ userAgent: 'test' })
    const images = new Adapter({ session, auth, serviceType: 'image' })
    await images.request('/v2/images', { method: 'GET' })
    assert.equal(image.seen.at(-1)?.path, '/v2/images')
    assert.equal(image.seen.at(-1)?.headers['x-auth-token'], user)
    assert.equal(image.seen.at(-1)?.headers['x-service-token'], undefined)
    assert.equal((await auth.getAccess?.(session))?.username, 'demo')
    assert.deepEqual(
      [await auth.getUserId(session), await auth.getProjectId(session), auth.invalidate()],
      ['id-user-demo', 'id-project-demo', false],
    )
    const own = tokenAuth({ authUrl: lab.keystone.url, token: service })
    await images.request('/v2/images', {
      method: 'GET',
      auth: serviceTokenAuth({ user: auth, service: own }),
    })
    assert.ok(image.seen.at(-1)?.headers['x-service-token'], 'only when it is asked for')
    await session.close()
    await image.close()
  })

  it('is absent for a caller who is not confirmed', async () => {
    await using lab = await startLab()
    const verdict = await lab.authToken({ delay_auth_decision: true }).authenticate({
      method: 'GET',
      path: '/',
      headers: { 'x-auth-token': 'garbage', 'x-service-token': lab.issue('nova') },
    })
    assert.ok(verdict.kind === 'accepted')
    assert.equal(verdict.keystone.auth, undefined)
  })
})
