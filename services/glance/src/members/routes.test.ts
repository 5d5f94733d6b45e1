import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { putData, queuedImage, testGlance, type TestGlance } from '../testing/glance.ts'

const partner = 'id-project-partner'

type Method = 'GET' | 'POST' | 'PUT' | 'DELETE'

/** Projects around a shared image: its owner's, one that it is shared with, and one that has nothing to do with it. */
async function share(glance: TestGlance) {
  const owner = glance.as()
  const member = glance.as({ userName: 'paul', projectName: 'partner' })
  const stranger = glance.as({ userName: 'eve', projectName: 'other' })
  const id = await queuedImage(glance, owner)
  const ask = async (
    who: Record<string, string>,
    method: Method,
    path = '',
    payload?: Record<string, unknown>,
  ) => {
    const url = `/v2/images/${id}/members${path}`
    return await glance.app.inject({ method, url, headers: who, ...(payload ? { payload } : {}) })
  }
  const status = async (...args: Parameters<typeof ask>) => (await ask(...args)).statusCode
  const add = (memberId = partner) => status(owner, 'POST', '', { member: memberId })
  const sees = async (who: Record<string, string>) =>
    (await glance.app.inject({ url: `/v2/images/${id}`, headers: who })).statusCode
  const lists = async (who: Record<string, string>, query = '') => {
    const answer = await glance.app.inject({ url: `/v2/images${query}`, headers: who })
    return answer.json<{ images: { id: string }[] }>().images.some((image) => image.id === id)
  }
  return { id, owner, member, stranger, ask, status, add, sees, lists }
}

describe('/v2/images/{id}/members', () => {
  test('the owner shares an image, and sees with whom', async (t) => {
    const glance = await testGlance(t)
    const { id, owner, ask } = await share(glance)
    const document = {
      member_id: partner,
      image_id: id,
      status: 'pending',
      created_at: '2026-01-02T03:04:05Z',
      updated_at: '2026-01-02T03:04:05Z',
      schema: '/v2/schemas/member',
    }
    const added = await ask(owner, 'POST', '', { member: partner })
    assert.deepEqual([added.statusCode, added.json()], [200, document])
    const listed = await ask(owner, 'GET')
    assert.deepEqual(listed.json(), { members: [document], schema: '/v2/schemas/members' })
    assert.deepEqual((await ask(owner, 'GET', `/${partner}`)).json(), document)
  })

  test('a member sees the image, and lists it once it has accepted', async (t) => {
    const glance = await testGlance(t)
    const { member, stranger, ask, add, sees, lists } = await share(glance)
    assert.equal(await sees(member), 404)
    await add()
    assert.equal(await sees(member), 200)
    assert.equal(await sees(stranger), 404)
    assert.equal(await lists(member), false)
    assert.equal(await lists(member, '?visibility=shared&member_status=pending'), true)
    assert.equal(await lists(member, '?member_status=all'), true)
    glance.clock.now += 5000
    const accepted = await ask(member, 'PUT', `/${partner}`, { status: 'accepted' })
    assert.equal(accepted.json<{ status: string }>().status, 'accepted')
    assert.equal(accepted.json<{ updated_at: string }>().updated_at, '2026-01-02T03:04:10Z')
    assert.equal(await lists(member), true)
    assert.equal(await lists(stranger, '?member_status=all'), false)
    await ask(member, 'PUT', `/${partner}`, { status: 'rejected' })
    assert.equal(await lists(member), false)
    assert.equal(await lists(member, '?member_status=rejected'), true)
    assert.equal(await sees(member), 200)
  })

  test('a member downloads the image and changes nothing of it', async (t) => {
    const glance = await testGlance(t)
    const { id, owner, member, stranger, add } = await share(glance)
    await add()
    await putData(glance, id, owner, 'data')
    const url = `/v2/images/${id}`
    assert.equal((await glance.app.inject({ url: `${url}/file`, headers: member })).body, 'data')
    assert.equal((await glance.app.inject({ url: `${url}/file`, headers: stranger })).statusCode, 404)
    assert.equal((await glance.app.inject({ method: 'DELETE', url, headers: member })).statusCode, 403)
  })

  test('only an image that is shared has members, and is seen by them', async (t) => {
    const glance = await testGlance(t)
    const { id, owner, member, status, add, sees } = await share(glance)
    await add()
    await glance.app.inject({
      method: 'PATCH',
      url: `/v2/images/${id}`,
      headers: { ...owner, 'content-type': 'application/openstack-images-v2.1-json-patch' },
      payload: JSON.stringify([{ op: 'replace', path: '/visibility', value: 'private' }]),
    })
    assert.equal(await sees(member), 404)
    assert.equal(await status(owner, 'GET'), 403)
    assert.equal(await status(owner, 'POST', '', { member: 'x' }), 403)
    assert.equal(await status(owner, 'GET', `/${partner}`), 404)
  })

  test('who may do what', async (t) => {
    const glance = await testGlance(t)
    const { owner, member, stranger, status, add, ask } = await share(glance)
    const admin = glance.asAdmin()
    const reader = glance.as({ roleNames: ['reader'] })
    const path = `/${partner}`
    await add()
    await add('id-project-third')
    const accept = { status: 'accepted' }
    const matrix: [who: Record<string, string>, expected: Record<string, number>][] = [
      [owner, { add: 409, list: 200, show: 200, accept: 403 }],
      [reader, { add: 403, list: 200, show: 200, accept: 403 }],
      [member, { add: 403, list: 200, show: 200, accept: 200, remove: 403 }],
      [stranger, { add: 404, list: 404, show: 404, accept: 404, remove: 404 }],
      [admin, { add: 409, list: 200, show: 200, accept: 200 }],
    ]
    for (const [who, expected] of matrix) {
      const found: Record<string, number> = {
        add: await status(who, 'POST', '', { member: partner }),
        list: await status(who, 'GET'),
        show: await status(who, 'GET', path),
        accept: await status(who, 'PUT', path, accept),
      }
      if (expected['remove']) found['remove'] = await status(who, 'DELETE', path)
      assert.deepEqual(found, expected)
    }
    const listed = (await ask(member, 'GET')).json<{ members: { member_id: string }[] }>().members
    assert.deepEqual(
      listed.map((one) => one.member_id),
      [partner],
    )
    assert.equal(await status(member, 'GET', '/id-project-third'), 404)
    assert.equal(await status(reader, 'DELETE', path), 403)
    assert.equal(await status(owner, 'DELETE', path), 204)
    assert.equal(await status(owner, 'DELETE', path), 404)
    assert.equal(await status(admin, 'DELETE', '/id-project-third'), 204)
  })

  const wrong: [method: Method, path: string, payload: Record<string, unknown> | undefined][] = [
    ['POST', '', undefined],
    ['POST', '', {}],
    ['POST', '', { member: '' }],
    ['POST', '', { member: 5 }],
    ['POST', '', { member: 'a\0' }],
    ['POST', '', { member: 'a'.repeat(256) }],
    ['PUT', `/${partner}`, undefined],
    ['PUT', `/${partner}`, { state: 'accepted' }],
  ]
  for (const [method, path, payload] of wrong) {
    test(`refuses ${method} with ${JSON.stringify(payload)?.slice(0, 40)} with 400`, async (t) => {
      const glance = await testGlance(t)
      const { owner, add, status } = await share(glance)
      await add()
      assert.equal(await status(owner, method, path, payload), 400)
    })
  }

  test('refuses a status that is none with 400', async (t) => {
    const glance = await testGlance(t)
    const { member, add, status } = await share(glance)
    await add()
    for (const wrongStatus of ['maybe', 'all', 5, null]) {
      assert.equal(await status(member, 'PUT', `/${partner}`, { status: wrongStatus }), 400)
    }
  })

  test('refuses more members than the quota with 413, also when they come at the same time', async (t) => {
    const glance = await testGlance(t, { quotas: { members: 2 } })
    const { add } = await share(glance)
    const statuses = await Promise.all(['a', 'b', 'c', 'd'].map((name) => add(name)))
    assert.deepEqual(
      statuses.toSorted((one, other) => one - other),
      [200, 200, 413, 413],
    )
  })

  test('a negative quota is none', async (t) => {
    const glance = await testGlance(t, { quotas: { members: -1 } })
    const { add } = await share(glance)
    assert.equal(await add(), 200)
  })
})
