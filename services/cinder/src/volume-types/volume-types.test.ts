import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { test } from 'node:test'
import { testCinder, type CallOptions } from '../testing/cinder.ts'

test('types of volumes: made, listed, changed, used, kept to some projects, deleted', async (t) => {
  const cinder = await testCinder(t)
  const admin: CallOptions = { as: cinder.asAdmin(), version: '3.70' }
  const { call } = cinder
  const names = async (how: CallOptions = {}, query = '') =>
    (await call('GET', `/types${query}`, undefined, how)).json.volume_types.map(
      ({ name }: { name: string }) => name,
    )
  assert.deepEqual(await names(), ['__DEFAULT__'])
  const preset = (await call('GET', '/types/default')).json.volume_type
  assert.deepEqual(
    [preset.name, preset.is_public, preset.extra_specs, preset['os-volume-type-access:is_public']],
    ['__DEFAULT__', true, {}, true],
  )

  const body = { volume_type: { name: 'shared', extra_specs: { multiattach: '<is> True', backend: 'x' } } }
  assert.equal((await call('POST', '/types', body)).status, 403)
  const made = await call('POST', '/types', body, admin)
  assert.equal(made.status, 200)
  const { id } = made.json.volume_type
  assert.equal((await call('POST', '/types', body, admin)).status, 409)
  // Users see what is meant for them.
  const seen = (await call('GET', `/types/${id}`)).json.volume_type
  assert.deepEqual(seen.extra_specs, { multiattach: '<is> True' })
  assert.equal((await call('GET', `/types/${id}/extra_specs/backend`)).status, 404)
  assert.deepEqual((await call('GET', `/types/${id}/extra_specs/backend`, undefined, admin)).json, {
    backend: 'x',
  })
  const more = { extra_specs: { more: 'y' } }
  assert.deepEqual((await call('POST', `/types/${id}/extra_specs`, more, admin)).json, more)
  assert.equal((await call('PUT', `/types/${id}/extra_specs/more`, { more: 'z' }, admin)).status, 200)
  assert.equal((await call('PUT', `/types/${id}/extra_specs/more`, { other: 'z' }, admin)).status, 400)
  assert.equal((await call('DELETE', `/types/${id}/extra_specs/more`, undefined, admin)).status, 202)
  assert.equal((await call('DELETE', `/types/${id}/extra_specs/more`, undefined, admin)).status, 404)
  assert.deepEqual((await call('GET', `/types/${id}/extra_specs`, undefined, admin)).json, {
    extra_specs: { backend: 'x', multiattach: '<is> True' },
  })
  const filter = `?extra_specs=${encodeURIComponent("{'backend': 'x'}")}`
  assert.deepEqual(await names(admin, filter), ['shared'])
  assert.deepEqual(await names(admin, '?sort=name:asc&limit=1'), ['__DEFAULT__'])
  const renamed = { volume_type: { name: 'several', description: 'd' } }
  assert.equal((await call('PUT', `/types/${id}`, renamed, admin)).json.volume_type.name, 'several')
  assert.equal((await call('PUT', `/types/${id}`, { volume_type: {} }, admin)).status, 400)

  const volume = await cinder.volume({ volume_type: 'several' })
  const shown = (await call('GET', `/volumes/${volume}`, undefined, { version: '3.63' })).json.volume
  assert.deepEqual([shown.multiattach, shown.volume_type, shown.volume_type_id], [true, 'several', id])
  const attach = () =>
    call(
      'POST',
      '/attachments',
      { attachment: { volume_uuid: volume, instance_uuid: randomUUID(), connector: { host: 'a' } } },
      { version: '3.50' },
    )
  const first = (await attach()).json.attachment
  await call('POST', `/attachments/${first.id}/action`, { 'os-complete': {} }, { version: '3.44' })
  assert.equal((await attach()).status, 200)
  assert.equal((await call('DELETE', `/types/${id}`, undefined, admin)).status, 400)

  const hidden = { volume_type: { name: 'hidden', 'os-volume-type-access:is_public': false } }
  const hiddenId = (await call('POST', '/types', hidden, admin)).json.volume_type.id
  assert.ok(!(await names()).includes('hidden'))
  assert.equal((await call('GET', `/types/${hiddenId}`)).status, 404)
  assert.deepEqual(await names(admin, '?is_public=False'), ['hidden'])
  const access = (project: string, action = 'addProjectAccess') =>
    call('POST', `/types/${hiddenId}/action`, { [action]: { project } }, admin)
  assert.equal((await access('id-project-demo')).status, 202)
  assert.equal((await access('id-project-demo')).status, 409)
  assert.equal((await call('GET', `/types/${hiddenId}`)).status, 200)
  assert.deepEqual((await call('GET', `/types/${hiddenId}/os-volume-type-access`, undefined, admin)).json, {
    volume_type_access: [{ volume_type_id: hiddenId, project_id: 'id-project-demo' }],
  })
  assert.equal((await access('id-project-demo', 'removeProjectAccess')).status, 202)
  assert.equal((await access('id-project-demo', 'removeProjectAccess')).status, 404)
  assert.equal((await call('GET', `/types/${id}/os-volume-type-access`, undefined, admin)).status, 404)
  assert.equal(
    (await call('POST', `/types/${id}/action`, { addProjectAccess: { project: 'p' } }, admin)).status,
    409,
  )
  assert.equal((await call('DELETE', `/types/${hiddenId}`, undefined, admin)).status, 202)
  assert.equal((await call('DELETE', `/types/${preset.id}`, undefined, admin)).status, 400)
})
